import { expect, test } from '../harness/fixtures';
import { words } from '../words';

const PAGES = ['/dashboard', '/payments', '/try-on', '/video'];

test('an operator stops an account, its owner reads it and can buy and make nothing, until it is lifted', async ({
  visitor,
  admin,
  page,
  browser,
  server,
}) => {
  const person = await visitor.arrivesSignedIn();
  await visitor.opens('/dashboard');

  // The operator, with a reason, in a browser of their own.
  const desk = await browser.newContext({ baseURL: server.url, javaScriptEnabled: visitor.scripted });
  const cookies = [...admin.client.cookies].map(([name, value]) => ({ name, value, url: server.url }));
  await desk.addCookies(cookies);
  const operator = await desk.newPage();
  const changes = async (reason: string): Promise<void> => {
    await operator.goto(`/en/admin/users/${person.id}`);
    const form = operator.locator('form[action="/do/admin-stop"]');
    await form.getByLabel('Reason').fill(reason);
    await form.getByRole('button').click();
    await expect(operator.locator('.notices [role=status]')).toBeVisible();
  };
  await changes('many refunds');

  // An open page follows.
  await visitor.comesToRead(visitor.words.stopped.text);
  // A language that was asked for stays: their own comes last.
  const languages = visitor.words === words.en ? (['zh', 'en'] as const) : (['en', 'zh'] as const);
  for (const path of PAGES) {
    for (const language of languages) {
      await visitor.opens(`/${language}${path}`);
      await visitor.reads(words[language].stopped.text);
      await visitor.reads(words[language].stopped.title);
    }
  }
  await visitor.choosesPhotos();
  await expect(visitor.button(visitor.words.tryOn.submit)).toHaveCount(0);
  await visitor.opens('/payments');
  await visitor.button(visitor.words.payments.buyCreditsPack).click();
  await expect(page.locator('.notices [role=alert]')).toBeVisible();
  expect(new URL(page.url()).origin).toBe(server.url);
  expect(await person.recharges()).toEqual([]);
  (await person.asksForTryOn()).problem(403, 'forbidden');
  expect(await person.jobs()).toEqual([]);

  await changes('looked at');
  await desk.close();
  await visitor.opens('/payments');
  await expect(page.getByText(visitor.words.stopped.text)).toHaveCount(0);
  await visitor.choosesCreditsPack();
  await visitor.triesOn();
  await visitor.waitsForJob('succeeded');
});
