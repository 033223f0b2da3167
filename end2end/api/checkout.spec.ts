import { CARDS, type Checkout } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { expectArithmetic, Person } from '../harness/people';
import { buys, checkout } from '../harness/sandbox';

test('a purchase is a recharge record from its first moment', async ({ person, sandbox, server }) => {
  const made = await checkout(person);
  expect(new URL(made.url).origin).toBe(server.otherUrl);
  expect(await person.recharges()).toMatchObject([
    {
      id: made.recharge_id,
      provider: 'stripe',
      item: 'credits-10',
      amount_minor: 190,
      currency: 'usd',
      credits: 10,
      bonus: 0,
      status: 'pending',
      session_id: made.session_id,
      completed_at: null,
    },
  ]);

  const landing = await sandbox.pays(made.session_id);
  expect((await person.client.get(landing)).status).toBe(200);
  const [paid] = (await sandbox.book()).filter(({ session_id }) => session_id === made.session_id);
  expect(paid).toMatchObject({ amount_minor: 190, currency: 'usd', paid: true, refunded: 0, disputed: false });
  expect(await person.recharges()).toMatchObject([
    { status: 'completed', payment_id: paid?.payment_intent, completed_at: expect.any(String) },
  ]);
});

for (const [item, credits, bonus] of [
  ['credits-1000', 1000, 0],
  ['starter', 115, 15],
  ['standard', 355, 55],
  ['premium', 1450, 450],
] as const) {
  test(`the pack ${item} grants ${credits} credits, ${bonus} of them bonus`, async ({ person, sandbox }) => {
    const made = await checkout(person, item);
    await person.client.get(await sandbox.pays(made.session_id));
    const wallet = await person.wallet();
    expect(wallet.credits).toMatchObject({ remaining: 8 + credits, total: 8 + credits, bonus });
    expectArithmetic(wallet);
  });
}

test('a top-up is in whole yuan, a hundred credits each', async ({ person, sandbox }) => {
  for (const ask of [
    () => person.client.post('/api/recharge', { amount: 10 }),
    () => person.client.post('/api/checkout', { item: 'top-up', amount: 50 }),
  ]) {
    const made = (await ask()).being<Checkout>(201);
    await person.client.get(await sandbox.pays(made.session_id));
  }
  expect(await person.remaining()).toBe(6008);
  const amounts = (await person.recharges()).map(({ amount_minor, currency }) => `${amount_minor} ${currency}`);
  expect(amounts.sort()).toEqual(['1000 cny', '5000 cny']);
});

for (const amount of [4, 10_001, 0, -10, 10.5, '10 yuan', null]) {
  test(`a top-up of ${amount} is refused`, async ({ person }) => {
    const problem = (await person.client.post('/api/recharge', { amount })).problem(422, 'validation');
    expect(problem.errors).toHaveProperty('amount');
    expect(await person.recharges()).toEqual([]);
  });
}

test('an unknown item is refused at the field', async ({ person }) => {
  const problem = (await person.client.post('/api/checkout', { item: 'credits-1' })).problem(422, 'validation');
  expect(problem.errors).toHaveProperty('item');
});

for (const card of [CARDS.declined, CARDS.insufficientFunds, CARDS.expired]) {
  test(`the declined card ${card} changes nothing`, async ({ person, sandbox }) => {
    const before = await person.wallet();
    const made = await checkout(person);
    await sandbox.refuses(made.session_id, card);
    expect(await person.wallet()).toEqual(before);
    expect(await person.recharges()).toMatchObject([{ status: 'pending' }]);
    const booked = (await sandbox.book()).filter(({ session_id, paid }) => paid && session_id === made.session_id);
    expect(booked).toEqual([]);
  });
}

test('an unpaid session grants nothing, however often its buyer lands', async ({ person }) => {
  const { session_id } = await checkout(person);
  const landings = Array.from({ length: 5 }, () => person.client.get(`/payments/success?session_id=${session_id}`));
  expect((await Promise.all(landings)).map(({ status }) => status)).toEqual(Array<number>(5).fill(200));
  expect(await person.remaining()).toBe(8);
});

test("unknown and other people's sessions are the same page of not found", async ({ person, sandbox, server }) => {
  const other = await Person.signsUp(server);
  const { landing } = await buys(other, sandbox);
  const foreign = await person.client.get(landing);
  const unknown = await person.client.get('/payments/success?session_id=cs_test_nobody');
  expect([foreign.status, unknown.status]).toEqual([404, 404]);
  expect(unknown.headers.get('content-type')).toContain('text/html');
  expect(await person.remaining()).toBe(8);
  expect((await person.client.get('/payments/success')).status).toBe(404);
});

for (const alias of ['/payment/success', '/success']) {
  test(`${alias} is the success page as well`, async ({ person, sandbox }) => {
    const { landing } = await buys(person, sandbox, { webhook: 'never' });
    const answer = await person.client.get(landing.replace('/payments/success', alias));
    const target = answer.headers.get('location');
    if (target) expect((await person.client.get(target)).status).toBe(200);
    else expect(answer.status).toBe(200);
    expect(await person.remaining()).toBe(18);
  });
}
