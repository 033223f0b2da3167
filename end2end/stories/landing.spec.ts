import { expect, test } from '../harness/fixtures';
import { buys } from '../harness/sandbox';

const SETTLES_LIMIT_MS = 20_000;

test('who lands signed out signs in and comes back to the success page', async ({ visitor, sandbox, page }) => {
  const person = await visitor.arrivesSignedIn();
  const { landing } = await buys(person, sandbox);
  await page.context().clearCookies();

  await visitor.opens(landing);
  await expect(page).toHaveURL(/\/sign-in/);
  await visitor.signsIn(person.email);
  await expect(page).toHaveURL(/\/success\?/);
  await visitor.sees('credits-remaining', 18);
});

test('a delayed payment method lands as soon as it settles, without a hand being lifted', async ({
  visitor,
  sandbox,
  page,
}) => {
  const person = await visitor.arrivesSignedIn();
  const { landing } = await buys(person, sandbox, { method: 'delayed:succeeded:3000' });

  await visitor.opens(landing);
  await expect(page.getByText(visitor.words.success.updating).first()).toBeVisible();
  await visitor.sees('credits-remaining', 18, SETTLES_LIMIT_MS);
});

test('a delayed payment that fails is said plainly, with a way to try again', async ({ visitor, sandbox, page }) => {
  const person = await visitor.arrivesSignedIn();
  const { landing } = await buys(person, sandbox, { method: 'delayed:failed:300' });

  await visitor.opens(landing);
  const said = page.getByText(visitor.words.success.failed).first();
  await expect(said).toBeVisible({ timeout: SETTLES_LIMIT_MS });
  expect(await person.remaining()).toBe(8);
  await visitor.button(visitor.words.success.tryAgain).click();
  await visitor.isAtTheProvider();
});

test('the success page leaves for the dashboard by itself', async ({ visitor, sandbox, page }) => {
  const person = await visitor.arrivesSignedIn();
  const { landing } = await buys(person, sandbox);
  await visitor.opens(landing);
  await expect(page).toHaveURL(/\/dashboard/, { timeout: SETTLES_LIMIT_MS });
  await visitor.sees('credits-remaining', 18);
});
