import { expect, test } from '../harness/fixtures';

test('a failed try-on says so and returns the credit once', async ({ visitor, sandbox, page }) => {
  const person = await visitor.arrivesSignedIn();
  await sandbox.nextJob('fail:PoseError');
  await visitor.triesOn();
  await visitor.waitsForJob('failed');
  await expect(page.getByText(visitor.words.tryOn.failed).first()).toBeVisible();

  await visitor.opens('/dashboard');
  await visitor.sees('credits-remaining', 8);
  await visitor.sees('remaining-uses', 11);
  const kinds = (await person.entries()).map(({ kind }) => kind);
  expect(kinds).toEqual(['grant', 'hold', 'release']);
});
