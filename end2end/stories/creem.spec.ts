import { INITIAL_CREDITS, PACK, PLAN } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { expectBalance, expectOneTruth } from '../harness/html';
import { letter } from '../harness/letters';

test('a pack is bought through the other provider with the same success page', async ({ visitor, page }) => {
  const { payments, receipt } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  await visitor.opens('/payments');
  await visitor.button(payments.buyWithCreem).click();
  await visitor.isAtTheProvider();
  expect(new URL(page.url()).pathname).toMatch(/^\/sandbox\/creem\//);
  const { html, path } = await visitor.paysAndLands();
  expectBalance(html, INITIAL_CREDITS + PACK.credits);
  expectOneTruth(html);
  expect(await person.recharges()).toMatchObject([
    { provider: 'creem', item: PACK.item, amount_minor: PACK.amount_minor, status: 'completed' },
  ]);

  // Landing again credits nothing again.
  const again = await page.request.get(path);
  expectBalance(await again.text(), INITIAL_CREDITS + PACK.credits);
  await visitor.opens('/payments');
  await page.locator('#history tbody').getByText(receipt.open, { exact: true }).click();
  await expect(page.getByRole('article')).toContainText('Creem');
});

test('the sandbox sends itself an event of the other provider, which credits a pack', async ({ person }) => {
  const answer = await person.client.get('/api/test-creem');
  const said = answer.being<{ event_id: string; status: number; before: number; after: number }>(200);
  expect(said).toMatchObject({ event_id: expect.any(String), status: 200, before: INITIAL_CREDITS });
  expect(said.after).toBe(said.before + PACK.credits);
  expect(await person.remaining()).toBe(said.after);
});

test('a plan is begun, ended and taken up again through the other provider', async ({ visitor, page }) => {
  const { plan, date } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  await visitor.opens('/payments');
  await visitor.button(plan.subscribeWithCreem).click();
  await visitor.isAtTheProvider();
  const { html } = await visitor.paysAndLands();
  expect(html).toMatch(plan.begun);
  const { premium } = await person.wallet();
  expect(premium).toMatchObject({ active: true, status: 'active', plan: PLAN.item, quota: PLAN.quota });
  const renewal = date(premium.renews_at ?? '');
  expect(html).toContain(renewal);

  await visitor.opens('/payments');
  await visitor.reads(plan.renews);
  await visitor.confirms(plan.end, plan.endSure);
  await visitor.reads(plan.endsOn(renewal));
  await visitor.button(plan.resume).click();
  await visitor.reads(plan.goesOn);
  // It knows a customer by the address, so that has to be the person's own.
  await visitor.button(plan.portal).click();
  await visitor.reads(plan.verifyFirst);
  await (await letter(page, person.email, '/verify/')).click();
  await expect(page).toHaveURL(/\/verify\//);
  await visitor.looksAfterThePlan();
  expect(new URL(page.url()).pathname).toMatch(/^\/sandbox\/creem\/portal\//);
});
