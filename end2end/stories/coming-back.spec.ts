import { expect, test } from '../harness/fixtures';

test('the way to the provider and back is across sites, and nobody is signed out by it', async ({ visitor, page }) => {
  await visitor.arrivesSignedIn();
  await visitor.choosesCreditsPack();
  await visitor.paysAndLands();
  expect(new URL(page.url()).origin).toBe(visitor.server.url);
  await visitor.sees('credits-remaining', 18);
  await visitor.opens('/account');
  await expect(visitor.button(visitor.words.account.signOut)).toBeVisible();
});

test('the session cookie is Lax and out of reach of scripts', async ({ visitor, page }) => {
  await visitor.signsUp();
  const cookies = await page.context().cookies(visitor.server.url);
  const sessions = cookies.filter(({ httpOnly, sameSite }) => httpOnly && sameSite === 'Lax');
  expect(sessions.length).toBeGreaterThan(0);
  expect(cookies.filter(({ sameSite }) => sameSite === 'None')).toEqual([]);

  await page.context().clearCookies();
  await visitor.opens('/dashboard');
  await expect(page).toHaveURL(/\/sign-in/);
  await page.context().addCookies(sessions);
  await visitor.opens('/dashboard');
  await visitor.sees('credits-remaining', 8);
});

test('signing out ends it', async ({ visitor, page }) => {
  await visitor.arrivesSignedIn();
  await visitor.signsOut();
  await visitor.opens('/dashboard');
  await expect(page).toHaveURL(/\/sign-in/);
});
