import type { Job, Wallet } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { LiveStream } from '../harness/live';
import { until } from '../harness/until';

test('the stream begins with the wallet, whatever the reader has seen', async ({ person }) => {
  const wallet = await person.wallet();
  for (const headers of [{}, { 'last-event-id': String(wallet.version) }, { 'last-event-id': '999' }]) {
    const stream = await LiveStream.open(person.client, headers);
    const first = await stream.next('credits');
    expect(first.id).toBe(String(wallet.version));
    expect(JSON.parse(first.data)).toEqual(wallet);
    stream.close();
  }
});

test('changes arrive as they are committed, versions only grow', async ({ person, admin }) => {
  const stream = await LiveStream.open(person.client);
  let version = Number((await stream.next('credits')).id);
  for (const amount of [20, 3, 11]) {
    await admin.setsCredits(person, amount);
    const event = await stream.next<Wallet>('credits', ({ credits }) => credits.remaining === amount, 1_000);
    expect(Number(event.id)).toBeGreaterThan(version);
    version = Number(event.id);
  }
  stream.close();
});

test('a job is told from its beginning to its end', async ({ person }) => {
  const stream = await LiveStream.open(person.client);
  const { id } = (await person.asksForTryOn()).being<Job>(202);
  await stream.next<Wallet>('credits', ({ credits }) => credits.held === 1);
  await stream.next<Job>('job', (job) => job.id === id && job.state === 'succeeded', 60_000);
  stream.close();
  expect((await person.wallet()).credits).toMatchObject({ held: 0, used: 1 });
});

test('an open job comes with the connection', async ({ person, sandbox }) => {
  await sandbox.nextJob('slow:3000');
  const { id } = (await person.asksForTryOn()).being<Job>(202);
  const stream = await LiveStream.open(person.client);
  await stream.next<Job>('job', (job) => job.id === id);
  stream.close();
  await person.finished(id);
});

test('nobody hears of others', async ({ person, admin }) => {
  const stream = await LiveStream.open(admin.client);
  await stream.next('credits');
  await admin.setsCredits(person, 77);
  await admin.setsCredits(admin, (await admin.remaining()) + 1);
  const next = await stream.next<Wallet>('credits');
  expect(JSON.parse(next.data)).toMatchObject({ user_id: admin.id });
  stream.close();
});

test('signing out ends the stream', async ({ person }) => {
  const stream = await LiveStream.open(person.client);
  await stream.next('credits');
  let ended = false;
  const end = stream.ends().then(() => (ended = true));
  await person.client.post('/api/auth/sign-out');
  await until('the stream has ended', 10_000, async () => ended || undefined);
  await end;
});
