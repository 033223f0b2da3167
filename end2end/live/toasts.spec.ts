import { expect, test } from '../harness/fixtures';

test('every open tab says what came and what was taken off', async ({ visitor, words, admin }) => {
  const person = await visitor.arrivesSignedIn();
  const other = await visitor.inAnotherTab();
  await visitor.opens('/dashboard');
  await other.opens('/statement');
  // Who is connected knows what was there before.
  await visitor.sees('credits-remaining', 8);
  for (const { amount, said } of [
    { amount: 13, said: words.toasts.credited(5, 13) },
    { amount: 10, said: words.toasts.taken(3, 10) },
  ]) {
    await admin.setsCredits(person, amount);
    for (const tab of [visitor, other]) {
      await tab.sees('credits-remaining', amount);
      await expect(tab.page.getByRole('status').getByText(said)).toBeVisible();
    }
  }
});

test('a picture that is ready is told in a tab that shows something else', async ({ visitor, words }) => {
  const person = await visitor.arrivesSignedIn();
  await visitor.opens('/statement');
  await visitor.sees('credits-remaining', 8);
  const job = await person.triesOn();
  const toast = visitor.page.locator('.toast', { hasText: words.toasts.ready });
  await toast.getByRole('link').click();
  await expect(visitor.page).toHaveURL(new RegExp(`/jobs/${job.id}$`));
});
