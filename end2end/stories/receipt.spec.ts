import { PACK, PLAN } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { Person } from '../harness/people';
import { has } from '../harness/sandbox';
import { type Language, words } from '../words';

test('a purchase has a receipt, in both languages, and on paper it stands alone', async ({
  visitor,
  sandbox,
  page,
}) => {
  const { receipt } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  const { id } = await has(person, sandbox);
  await visitor.opens('/payments');
  await page.locator('#history tbody').getByText(receipt.open, { exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/payments/receipts/${id}$`));
  const paper = page.getByRole('article');
  for (const said of [person.email, id, '$1.90']) await expect(paper).toContainText(said);

  for (const language of ['en', 'zh'] satisfies Language[]) {
    const { title, total } = words[language].receipt;
    await visitor.opens(`/${language}/payments/receipts/${id}`);
    await expect(page.locator('html')).toHaveAttribute('lang', new RegExp(`^${language}`));
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    await expect(paper).toContainText(total);
  }

  await expect(page.getByRole('banner')).toBeVisible();
  await page.emulateMedia({ media: 'print' });
  await expect(paper).toBeVisible();
  for (const around of ['banner', 'contentinfo', 'button'] as const) {
    // What is not shown has no role.
    await expect(page.getByRole(around)).toHaveCount(0);
  }
});

test('the receipt of a plan names its period, and one of money that went back what was kept', async ({
  visitor,
  sandbox,
  page,
}) => {
  const { receipt, plan, date } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  const subscribed = await has(person, sandbox, PLAN.item);
  await visitor.opens(`/payments/receipts/${subscribed.id}`);
  const paper = page.getByRole('article');
  const until = date((await person.wallet()).premium.renews_at ?? '');
  for (const said of [plan.monthly, plan.quota, until, '$19.00']) await expect(paper).toContainText(said);

  const bought = await has(person, sandbox);
  await visitor.opens(`/payments/receipts/${bought.id}`);
  await expect(paper).not.toContainText(receipt.kept);
  await sandbox.refunds(bought.payment_id, 90);
  await visitor.comesToRead(receipt.kept);
  await expect(paper).toContainText('$1.00');
});

test('a receipt is for its owner alone', async ({ visitor, sandbox, server, page }) => {
  const { id } = await has(await Person.signsUp(server), sandbox, PACK.item);
  const path = `/payments/receipts/${id}`;
  await visitor.opens(path);
  await expect(page).toHaveURL(/\/sign-in/);
  await visitor.arrivesSignedIn();
  const theirs = await page.goto(path);
  const nobodys = await page.goto(`${path.slice(0, -4)}0000`);
  for (const answer of [theirs, nobodys]) expect(answer?.status()).toBe(404);
});
