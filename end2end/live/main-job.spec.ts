import { expect, test } from '../harness/fixtures';

/** Reading the mark proves that the page is still the one that was opened, not a newer copy. */
const MARK = 'untouched';

test('a purchase shows in a second, untouched tab without a reload', async ({ visitor }) => {
  await visitor.arrivesSignedIn();
  const second = await visitor.inAnotherTab();
  await second.opens('/dashboard');
  await second.sees('credits-remaining', 8);
  await second.page.evaluate((mark) => document.documentElement.setAttribute('data-mark', mark), MARK);

  await visitor.choosesCreditsPack();
  await visitor.paysAndLands();
  await second.sees('credits-remaining', 18);
  await second.sees('remaining-uses', 21);
  await expect(second.page.locator('html')).toHaveAttribute('data-mark', MARK);
});

test('a try-on moves from its first state to its result in an open page', async ({ visitor, sandbox, page }) => {
  await visitor.arrivesSignedIn();
  await sandbox.nextJob('slow:3000');
  await visitor.triesOn();
  await visitor.sees('credits-remaining', 7);
  await expect(page.getByTestId('job-state').first()).toHaveAttribute('data-value', /queued|running/);
  await visitor.waitsForJob('succeeded');
  await visitor.seesTheResult();
});

test('more tabs than a browser has connections all stay true', async ({ visitor, admin }) => {
  const person = await visitor.arrivesSignedIn();
  const tabs = [visitor];
  while (tabs.length < 8) tabs.push(await visitor.inAnotherTab());
  for (const tab of tabs) await tab.opens('/dashboard');

  await admin.setsCredits(person, 5);
  for (const tab of tabs) await tab.sees('credits-remaining', 5);
});
