import type { Checkout, Job } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { Person } from '../harness/people';
import { hostile, garment, tryOnForm } from '../harness/pictures';

const key = (value: string) => ({ 'idempotency-key': value });

test('the same key gives the same answer again and runs one job', async ({ person }) => {
  const first = await person.asksForTryOn(key('once'));
  const again = await person.asksForTryOn(key('once'));
  expect(again.status).toBe(202);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(again.text).toBe(first.text);
  expect(await person.allJobsFinished()).toHaveLength(1);
  expect(await person.remaining()).toBe(7);
});

test('the same key twenty times at once runs one job', async ({ person }) => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => person.asksForTryOn(key('at once'))));
  const accepted = answers.filter(({ status }) => status === 202);
  for (const answer of answers) if (!accepted.includes(answer)) answer.problem(409, 'conflict');
  expect(new Set(accepted.map((answer) => answer.json<Job>().id)).size).toBe(1);
  expect(await person.allJobsFinished()).toHaveLength(1);
  expect(await person.remaining()).toBe(7);
});

test('the same key with another body is refused', async ({ person }) => {
  const first = await person.client.post('/api/checkout', { item: 'credits-10' }, { headers: key('mine') });
  expect(first.status).toBe(201);
  const other = await person.client.post('/api/checkout', { item: 'starter' }, { headers: key('mine') });
  other.problem(422, 'idempotency_mismatch');
  expect(await person.recharges()).toHaveLength(1);
});

test('a checkout asked for twice with one key is one checkout', async ({ person }) => {
  const ask = () => person.client.post('/api/checkout', { item: 'credits-10' }, { headers: key('pack') });
  const [first, again] = [(await ask()).being<Checkout>(201), (await ask()).being<Checkout>(201)];
  expect(again).toEqual(first);
  expect(await person.recharges()).toHaveLength(1);
});

test('a change of a wallet asked for twice with one key is one change', async ({ person, admin }) => {
  const body = { action: 'add', amount: 5, reason: 'once', user_id: person.id };
  const ask = () => admin.client.post('/api/credits', body, { headers: key(`add-${person.id}`) });
  const [first, again] = [await ask(), await ask()];
  expect(again.text).toBe(first.text);
  expect(await person.remaining()).toBe(13);
});

test('a key belongs to its account', async ({ person, server }) => {
  const other = await Person.signsUp(server);
  const [mine, theirs] = [await person.asksForTryOn(key('shared')), await other.asksForTryOn(key('shared'))];
  expect(theirs.status).toBe(202);
  expect(theirs.json<Job>().id).not.toBe(mine.json<Job>().id);
  await Promise.all([person.allJobsFinished(), other.allJobsFinished()]);
});

test('a refusal is not kept', async ({ person }) => {
  const bad = tryOnForm({ person: hostile.text(), garment: garment() });
  expect((await person.client.upload('/api/try-on', bad, { headers: key('retry') })).status).not.toBe(202);
  expect((await person.asksForTryOn(key('retry'))).status).toBe(202);
  await person.allJobsFinished();
});

test('a key is 1 to 255 bytes', async ({ person }) => {
  const ask = (value: string) => person.client.post('/api/checkout', { item: 'credits-10' }, { headers: key(value) });
  expect((await ask('k'.repeat(255))).status).toBe(201);
  for (const value of ['', 'k'.repeat(256)]) (await ask(value)).problem(422, 'validation');
});
