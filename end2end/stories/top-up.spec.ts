import { expect, test } from '../harness/fixtures';
import { expectBalance } from '../harness/html';

test('ten yuan of the custom top-up are a thousand credits', async ({ visitor }) => {
  const person = await visitor.arrivesSignedIn();
  await visitor.choosesTopUp(10);
  const { html } = await visitor.paysAndLands();
  expectBalance(html, 1008);
  expect(await person.recharges()).toMatchObject([
    { amount_minor: 1000, currency: 'cny', credits: 1000, bonus: 0, status: 'completed' },
  ]);
});
