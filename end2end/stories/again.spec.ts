import type { Checkout } from '../harness/contract';
import { Desk } from '../harness/desk';
import { expect, test, testAlone } from '../harness/fixtures';
import { buys } from '../harness/sandbox';
import { hosted } from '../words';

const YUAN = 50;
const SETTLES_LIMIT_MS = 20_000;

test('who came back without paying goes on with the same checkout', async ({ visitor, page }) => {
  const { cancelled } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  await visitor.choosesCreditsPack();
  const begun = page.url();
  const cancel = page.getByRole('link', { name: hosted.cancel }).or(page.getByRole('button', { name: hosted.cancel }));
  await cancel.first().click();
  await expect(page).toHaveURL(/\/payments\/cancelled/);
  await page.getByRole('link', { name: cancelled.goOn, exact: true }).click();
  await visitor.isAtTheProvider();
  expect(page.url()).toBe(begun);
  await visitor.paysAndLands();
  await visitor.sees('credits-remaining', 18);
  expect(await person.recharges()).toMatchObject([{ status: 'completed' }]);
});

test('a delayed payment that failed offers the same item again', async ({ visitor, sandbox }) => {
  const { success } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  const { landing } = await buys(person, sandbox, { method: 'delayed:failed:300' }, 'starter');
  await visitor.opens(landing);
  await visitor.comesToRead(success.failed, SETTLES_LIMIT_MS);
  await visitor.button(success.tryAgain).click();
  await visitor.isAtTheProvider();
  await visitor.paysAndLands();
  await visitor.sees('credits-remaining', 8 + 115);
  expect(await person.recharges()).toMatchObject([
    { item: 'starter', status: 'completed' },
    { item: 'starter', status: 'failed' },
  ]);
});

testAlone('a checkout that expired offers the same amount again', async ({ visitor }) => {
  const { success } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  const { session_id } = (await person.client.post('/api/recharge', { amount: YUAN })).being<Checkout>(201);
  const desk = await Desk.beside(visitor);
  await desk.passes({ hours: '2' });
  await visitor.opens(`/payments/success?session_id=${session_id}`);
  await visitor.comesToRead(success.expired, SETTLES_LIMIT_MS);
  await visitor.button(success.tryAgain).click();
  await visitor.isAtTheProvider();
  await visitor.paysAndLands();
  await visitor.sees('credits-remaining', 8 + YUAN * 100);
  expect(await person.recharges()).toMatchObject([
    { amount_minor: YUAN * 100, currency: 'cny', status: 'completed' },
    { amount_minor: YUAN * 100, currency: 'cny', status: 'cancelled' },
  ]);
});
