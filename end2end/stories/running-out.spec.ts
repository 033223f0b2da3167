import { expect, test } from '../harness/fixtures';

test('with nothing left the form offers the way to buy instead of its button', async ({ visitor, admin, page }) => {
  const person = await visitor.arrivesSignedIn();
  await admin.setsCredits(person, 0);
  for (let trial = 1; trial <= 3; trial++) expect((await person.triesOn()).paid_by).toBe('trial');

  await visitor.opens('/try-on');
  await visitor.sees('credits-remaining', 0);
  await expect(visitor.button(visitor.words.tryOn.submit)).toHaveCount(0);
  await page.getByRole('main').getByRole('link', { name: visitor.words.tryOn.buy }).first().click();
  await expect(page).toHaveURL(/\/payments/);
});
