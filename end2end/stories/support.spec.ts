import type { Page } from '@playwright/test';

import { PACK } from '../harness/contract';
import { expect, testAlone as test } from '../harness/fixtures';
import { Person } from '../harness/people';
import { execute } from '../harness/postgres';
import { has } from '../harness/sandbox';

/** So many pages an operator may look at before they can answer. */
const MOST_VIEWS = 6;
/** Far behind everything that happens here, in microseconds. */
const FOR_EVER = 4_102_444_800_000_000;

test('“I paid and got nothing”: which payment, why, and the button that mends it', async ({
  visitor,
  server,
  home,
  sandbox,
  admin,
  page,
}) => {
  const { support } = visitor.words;
  const email = await visitor.signsUp();
  await visitor.choosesCreditsPack();
  const session = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  // Whoever asks Stripe what the webhooks did not tell gives way, the webhook gets lost, and the buyer closes the window.
  await execute(home.databaseUrl, catchUpIsTaken);
  await sandbox.pays(session, { webhook: 'never' });
  const buyer = await Person.signsIn(server, email);
  expect(await buyer.remaining()).toBe(8);

  await page.context().clearCookies();
  await visitor.arrivesAs(admin);
  const views = countsViews(page);
  await visitor.opens('/admin');
  await page.getByRole('link', { name: support.purchases, exact: true }).click();
  await page.getByLabel(support.searchPurchase, { exact: true }).fill(email);
  await visitor.button(support.filter).click();
  await page.getByRole('link', { name: support.pack, exact: true }).click();
  await visitor.reads(support.paidNotGranted);
  await visitor.reads(session);
  const mend = page.locator('#answer').getByRole('button', { name: support.mend });
  await expect(mend).toBeVisible();
  expect(views.seen).toBeLessThanOrEqual(MOST_VIEWS);

  await mend.click();
  await visitor.reads(support.mended);
  await visitor.reads(support.granted);
  expect(await buyer.remaining()).toBe(8 + PACK.credits);
});

test('“Where did my 40 credits go?”: sums that account for all of them, and a line for each', async ({
  visitor,
  server,
  sandbox,
  admin,
  page,
}) => {
  const { support } = visitor.words;
  const person = await Person.signsUp(server);
  const { payment_id } = await has(person, sandbox);
  await changes(admin, person, 'add', 22, 'a gift for waiting');
  expect(await person.remaining()).toBe(40);
  const jobs = [await person.triesOn(), await person.triesOn()];
  await sandbox.nextJob('fail:PoseError');
  expect(await person.triesOn()).toMatchObject({ state: 'failed' });
  await person.deducts(3);
  await changes(admin, person, 'deduct', 25, 'given twice by mistake');
  await sandbox.refunds(payment_id, 95);
  await expect.poll(() => person.remaining()).toBe(5);

  await visitor.arrivesAs(admin);
  const views = countsViews(page);
  await visitor.opens('/admin');
  await page.getByRole('link', { name: support.people, exact: true }).click();
  await page.getByLabel(support.searchPerson, { exact: true }).fill(person.email);
  await visitor.button(support.filter).click();
  await page.getByRole('link', { name: person.email, exact: true }).click();
  await page.getByRole('link', { name: support.statement, exact: true }).click();
  await expect(page.getByRole('heading', { name: support.sums })).toBeVisible();
  expect(views.seen).toBeLessThanOrEqual(MOST_VIEWS);

  const came = { initial: 8, purchase: 10, added: 22 };
  const went = { try_on: -2, own_deduction: -3, deducted: -25, taken_back: -5 };
  for (const [cause, amount] of Object.entries({ ...came, ...went, balance: 5 }))
    await expect(page.getByTestId(`sum-${cause}`), cause).toHaveAttribute('data-value', String(amount));
  for (const cause of ['try_on', 'own_deduction', 'deducted', 'taken_back'] as const)
    await expect(page.getByTestId(`sum-${cause}`)).toContainText(support.cause[cause]);
  for (const reason of ['a gift for waiting', 'given twice by mistake', 'a test spends'])
    await visitor.reads(new RegExp(reason));
  for (const { id } of jobs) await visitor.reads(id);
});

const catchUpIsTaken = `
  INSERT INTO leases (name, owner, until) VALUES ('stripe-catch-up', 'nobody', ${FOR_EVER})
  ON CONFLICT (name) DO UPDATE SET owner = 'nobody', until = ${FOR_EVER}`;

/** How many pages were looked at since. */
function countsViews(page: Page): { seen: number } {
  const views = { seen: 0 };
  page.on('response', (answer) => {
    const isPage = answer.request().isNavigationRequest() && answer.status() === 200;
    if (isPage && answer.frame() === page.mainFrame()) views.seen += 1;
  });
  return views;
}

async function changes(by: Person, of: Person, action: string, amount: number, reason: string): Promise<void> {
  (await by.client.post('/api/credits', { action, amount, reason, user_id: of.id })).being(200);
}
