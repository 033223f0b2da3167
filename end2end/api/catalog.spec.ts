import { Client } from '../harness/client';
import { expect, test } from '../harness/fixtures';

interface Catalog {
  tools: { id: string }[];
  packs: { credits: number }[];
  top_up: unknown;
  plans: unknown[];
}

const usd = (amount_minor: number) => ({ amount_minor, currency: 'usd' });

test('the catalogue says what there is and what it costs', async ({ server }) => {
  const catalog = (await new Client(server.url).get('/api/catalog')).being<Catalog>(200);

  expect(catalog.tools.find(({ id }) => id === 'try_on')).toMatchObject({ credits: 1, trial: true });
  // In which order they are offered is the operator's choice.
  expect(catalog.packs.sort((one, other) => one.credits - other.credits)).toMatchObject([
    { id: 'credits-10', name: 'Credits Pack', credits: 10, bonus: 0, price: usd(190) },
    { id: 'starter', name: expect.any(String), credits: 115, bonus: 15, price: usd(990) },
    { id: 'standard', name: expect.any(String), credits: 355, bonus: 55, price: usd(3000) },
    { id: 'credits-1000', name: 'Studio Pack', credits: 1000, bonus: 0, price: usd(5900) },
    { id: 'premium', name: expect.any(String), credits: 1450, bonus: 450, price: usd(9900) },
  ]);
  expect(catalog.top_up).toMatchObject({
    currency: 'cny',
    credits_per_unit: 100,
    min: 5,
    max: 10_000,
    quick: [10, 50, 100, 200],
  });
  expect(Array.isArray(catalog.plans)).toBe(true);
});

test('health and the description of the API are open to anyone', async ({ server }) => {
  const anyone = new Client(server.url);
  for (const path of ['/healthz', '/readyz']) expect((await anyone.get(path)).status, path).toBe(200);
});
