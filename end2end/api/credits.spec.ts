import type { Entry, List, Wallet } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { expectArithmetic, expectExplained, Person } from '../harness/people';

type Written = Wallet & { entry: Entry };

test('a new wallet has exactly this shape', async ({ person }) => {
  const wallet = await person.wallet();
  expect(wallet).toMatchObject({
    user_id: person.id,
    version: expect.any(Number),
    credits: { remaining: 8, held: 0, frozen: 0, total: 8, used: 0, removed: 0, bonus: 0, initial: 8, debt: 0 },
    trials: { limit: 3, used: 0, held: 0, remaining: 3 },
    premium: {
      active: false,
      status: null,
      plan: null,
      quota: null,
      used: 0,
      held: 0,
      remaining: null,
      renews_at: null,
    },
    remaining_uses: { try_on: 11, video: 0 },
  });
  expectArithmetic(wallet);
});

test('an administrator adds, deducts and sets, each an entry that says why and who', async ({ person, admin }) => {
  let version = (await person.wallet()).version;
  for (const [action, amount, remaining, change] of [
    ['add', 5, 13, 5],
    ['deduct', 3, 10, -3],
    ['set', 4, 4, -6],
    ['set', 20, 20, 16],
  ] as const) {
    const body = { action, amount, reason: `${action} for a test`, user_id: person.id };
    const written = (await admin.client.post('/api/credits', body)).being<Written>(200);
    expect(written.credits.remaining).toBe(remaining);
    expect(written.entry).toMatchObject({ amount: change, balance_after: remaining, reason: `${action} for a test` });
    expect(written.version).toBeGreaterThan(version);
    expect(written.version).toBe((await person.wallet()).version);
    expectArithmetic(written);
    version = written.version;
  }
  const wallet = await person.wallet();
  expect(wallet.credits).toMatchObject({ total: 29, removed: 9, used: 0, bonus: 21 });
  expectExplained(await person.entries(), wallet);
});

test('a deduction of more than there is, is refused whole', async ({ person, admin }) => {
  const before = await person.wallet();
  const body = { action: 'deduct', amount: 9, reason: 'too much' };
  const own = await person.client.post('/api/credits', body);
  expect(own.problem(402, 'insufficient_credits')).toMatchObject({ required: 9, remaining: 8 });
  const byAdmin = await admin.client.post('/api/credits', { ...body, user_id: person.id });
  expect([402, 409, 422]).toContain(byAdmin.status);
  expect(await person.wallet()).toEqual(before);
});

test('people may deduct from their own wallet, and nothing else', async ({ person, server }) => {
  const deduct = { action: 'deduct', amount: 2, reason: 'spent elsewhere' };
  const written = (await person.client.post('/api/credits', deduct)).being<Written>(200);
  expect(written.credits).toMatchObject({ remaining: 6, used: 2, removed: 0 });

  const other = await Person.signsUp(server);
  for (const body of [
    { action: 'add', amount: 5, reason: 'a gift to myself' },
    { action: 'set', amount: 5, reason: 'a gift to myself' },
    { ...deduct, user_id: other.id },
    { action: 'add', amount: 5, reason: 'a gift', user_id: other.id },
  ]) {
    (await person.client.post('/api/credits', body)).problem(403, 'forbidden');
  }
  (await person.client.get(`/api/credits?user_id=${other.id}`)).problem(403, 'forbidden');
  expect(await other.remaining()).toBe(8);
  expect(await person.remaining()).toBe(6);
});

test('an administrator reads any wallet', async ({ person, admin }) => {
  const read = await admin.client.get(`/api/credits?user_id=${person.id}`);
  expect(read.being<Wallet>(200)).toEqual(await person.wallet());
});

for (const [what, change, field] of [
  ['nothing', { amount: 0 }, 'amount'],
  ['less than nothing', { amount: -1 }, 'amount'],
  ['more than a million', { amount: 1_000_001 }, 'amount'],
  ['half a credit', { amount: 0.5 }, 'amount'],
  ['a word', { amount: 'ten' }, 'amount'],
  ['no amount', { amount: undefined }, 'amount'],
  ['an unknown action', { action: 'double' }, 'action'],
] as const) {
  test(`${what} is no change of a wallet`, async ({ person, admin }) => {
    const body = { action: 'add', amount: 1, reason: 'a test', user_id: person.id, ...change };
    const problem = (await admin.client.post('/api/credits', body)).problem(422, 'validation');
    expect(problem.errors).toHaveProperty(field);
    expect(await person.remaining()).toBe(8);
  });
}

test('additions at the same time all count', async ({ person, admin }) => {
  const add = { action: 'add', amount: 1, reason: 'one of thirty', user_id: person.id };
  const answers = await Promise.all(Array.from({ length: 30 }, () => admin.client.post('/api/credits', add)));
  expect(answers.map(({ status }) => status)).toEqual(Array<number>(30).fill(200));
  const versions = answers.map((answer) => answer.json<Written>().version);
  expect(new Set(versions).size, 'each write has its own version').toBe(30);
  const wallet = await person.wallet();
  expect(wallet.credits.remaining).toBe(38);
  expectExplained(await person.entries(), wallet);
});

test('deductions at the same time never go below zero', async ({ person }) => {
  const deduct = { action: 'deduct', amount: 1, reason: 'one of thirty' };
  const answers = await Promise.all(Array.from({ length: 30 }, () => person.client.post('/api/credits', deduct)));
  const accepted = answers.filter(({ status }) => status === 200);
  expect(accepted).toHaveLength(8);
  for (const answer of answers) if (!accepted.includes(answer)) answer.problem(402, 'insufficient_credits');
  const wallet = await person.wallet();
  expect(wallet.credits.remaining).toBe(0);
  expectExplained(await person.entries(), wallet);
});

test('the statement is newest first, in pages, and can be filtered', async ({ person, admin }) => {
  for (const amount of [1, 2, 3, 4]) {
    const body = { action: 'add', amount, reason: `number ${amount}`, user_id: person.id };
    (await admin.client.post('/api/credits', body)).being(200);
  }
  const read = async (query: string) =>
    (await person.client.get(`/api/credits/entries?${query}`)).being<List<Entry>>(200);
  const amounts = ({ items }: List<Entry>) => items.map(({ amount }) => amount);

  const first = await read('limit=2');
  expect(amounts(first)).toEqual([4, 3]);
  expect(first.items[0]).toMatchObject({
    id: expect.any(String),
    version: expect.any(Number),
    kind: 'grant',
    balance_after: 18,
    reason: 'number 4',
    actor: expect.any(String),
    job_id: null,
    recharge_id: null,
    lots: [{ source: 'grant', amount: 4 }],
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  });
  const second = await read(`limit=2&cursor=${encodeURIComponent(first.next ?? '')}`);
  expect(amounts(second)).toEqual([2, 1]);
  const third = await read(`limit=2&cursor=${encodeURIComponent(second.next ?? '')}`);
  expect(amounts(third)).toEqual([8]);
  expect(third.next).toBeNull();

  expect(amounts(await read('kind=hold'))).toEqual([]);
  expect(amounts(await read('kind=grant'))).toEqual([4, 3, 2, 1, 8]);
  expect(amounts(await read('from=2999-01-01'))).toEqual([]);
  expect(amounts(await read('to=2000-01-01'))).toEqual([]);
  expect(amounts(await read('from=2000-01-01&to=2999-01-01'))).toHaveLength(5);
  (await person.client.get('/api/credits/entries?kind=gift')).problem(422, 'validation');
});

test('the statement can be had as CSV', async ({ person }) => {
  const csv = await person.client.get('/api/credits/entries', { headers: { accept: 'text/csv' } });
  expect(csv.status).toBe(200);
  expect(csv.headers.get('content-type')).toContain('text/csv');
  const [header = '', ...rows] = csv.text.trim().split(/\r?\n/);
  for (const column of ['id', 'kind', 'amount', 'balance_after', 'created_at']) expect(header).toContain(column);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toContain('grant');
});

test('statistics cover thirty days and agree with the wallet', async ({ person }) => {
  const stats = (await person.client.get('/api/stats')).being<{
    balance: number;
    days: { date: string; used: number; received: number }[];
    jobs: Record<string, number>;
  }>(200);
  expect(stats.balance).toBe(8);
  expect(stats.days).toHaveLength(30);
  expect(stats.days.every(({ date }) => /^\d{4}-\d\d-\d\d$/.test(date))).toBe(true);
  expect(stats.days.reduce((sum, { received }) => sum + received, 0)).toBe(8);
  expect(stats.jobs).toMatchObject({ queued: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 });
});
