import { CARDS } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { hosted } from '../words';

test('a declined card changes nothing and says so', async ({ visitor, page }) => {
  const person = await visitor.arrivesSignedIn();
  await visitor.choosesCreditsPack();
  await visitor.entersCard(CARDS.declined);
  await expect(page.getByRole('alert')).toContainText(hosted.declined);

  const { version, credits } = await person.wallet();
  expect(credits.remaining).toBe(8);
  expect(await person.recharges()).toMatchObject([{ status: 'pending', completed_at: null }]);
  await visitor.opens('/dashboard');
  await visitor.sees('credits-remaining', 8);
  expect((await person.wallet()).version).toBe(version);
});

test('after a declined card a good one buys once', async ({ visitor }) => {
  const person = await visitor.arrivesSignedIn();
  await visitor.choosesCreditsPack();
  await visitor.entersCard(CARDS.insufficientFunds);
  const back = await visitor.paysAndLands();
  expect(back.path).toContain('session_id=');
  await visitor.sees('credits-remaining', 18);
  expect(await person.recharges()).toMatchObject([{ status: 'completed', credits: 10 }]);
});

test('going back from the hosted page cancels nothing', async ({ visitor, page }) => {
  const person = await visitor.arrivesSignedIn();
  await visitor.choosesCreditsPack();
  const cancel = page.getByRole('link', { name: hosted.cancel }).or(page.getByRole('button', { name: hosted.cancel }));
  await cancel.first().click();
  await expect(page).toHaveURL(/\/payments\/cancelled/);
  await visitor.sees('credits-remaining', 8);
  expect(await person.recharges()).toMatchObject([{ status: 'pending' }]);
});
