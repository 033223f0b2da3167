import { Client } from '../harness/client';
import { expect, test } from '../harness/fixtures';
import { letter } from '../harness/letters';
import { PASSWORD } from '../harness/people';

const NEW_PASSWORD = 'a longer and newer sentence';

test('a forgotten password is replaced by the link in a letter, once', async ({ visitor, page, server }) => {
  const person = await visitor.arrivesSignedIn();
  await page.context().clearCookies();
  const { forgot, reset } = visitor.words;
  await visitor.opens('/forgot');
  const form = visitor.form(forgot.submit);
  await form.getByLabel(forgot.email, { exact: true }).fill(person.email);
  await visitor.button(forgot.submit).click();

  const link = await letter(page, person.email, '/reset/');
  const path = new URL((await link.getAttribute('href')) ?? '', server.url).pathname;
  await visitor.opens(path);
  await visitor.form(reset.submit).getByLabel(reset.password, { exact: true }).fill(NEW_PASSWORD);
  await visitor.button(reset.submit).click();
  await expect(page).not.toHaveURL(/\/reset\//);

  await page.context().clearCookies();
  await visitor.opens('/sign-in');
  await visitor.signsIn(person.email, NEW_PASSWORD);
  await visitor.sees('credits-remaining', 8);

  const stranger = new Client(server.url);
  (await stranger.post('/api/auth/sign-in', { email: person.email, password: PASSWORD })).problem(
    401,
    'unauthenticated',
  );
  (await person.client.get('/api/credits')).problem(401, 'unauthenticated');
  const token = path.split('/').pop();
  const secondUse = await stranger.post('/api/auth/reset', { token, password: PASSWORD });
  expect(secondUse.status).toBeGreaterThanOrEqual(400);
  expect(secondUse.status).toBeLessThan(500);
});

test('a new account is asked to verify its address, and the link works', async ({ visitor, page }) => {
  const person = await visitor.arrivesSignedIn();
  const link = await letter(page, person.email, '/verify/');
  const answer = page.waitForResponse((response) => response.url().includes('/verify/'));
  await link.click();
  expect((await answer).status()).toBeLessThan(400);
  await visitor.opens('/dashboard');
  await visitor.sees('credits-remaining', 8);
});
