import type { Checkout } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { expectArithmetic, expectExplained, Person } from '../harness/people';
import { checkout, Sandbox, type Webhook } from '../harness/sandbox';
import type { Database, Server } from '../harness/server';
import { until } from '../harness/until';

const PEOPLE = 10;
const PURCHASES_EACH = 20;
const JOBS_EACH = 2;
const WEBHOOKS: Webhook[] = ['normal', 'before_redirect', 'never', 'delayed:300', 'duplicate:3'];
/** The sweep credits within a minute of payment; the restart takes a moment too. */
const SETTLES_LIMIT_MS = 90_000;

/** What one buyer knows without asking anybody: the list of their own answers. */
interface Ledger {
  person: Person;
  sessions: Checkout[];
  /** Sessions whose payment was answered by the redirect. */
  paid: Set<string>;
}

/** How many of the payments are answered when the program is killed, by database. */
const SHARES: Record<Database, number> = { sqlite: 0.2, postgres: 0.7 };

test('killed while payments are being answered, nothing is lost or double', async ({ database, home }) => {
  const share = SHARES[database];
  const server = await home.serve();
  const ledgers = await Promise.all(Array.from({ length: PEOPLE }, () => prepare(server)));
  const total = PEOPLE * PURCHASES_EACH;

  // Settled from the start: what fails at the kill must not count as unhandled while it is awaited.
  const storm = Promise.allSettled(
    ledgers.flatMap((ledger) => [...paysAll(ledger, server), ...startsJobs(ledger)]),
  );
  const answered = () => ledgers.reduce((sum, { paid }) => sum + paid.size, 0);
  await until(`${share} of the payments`, 60_000, async () => answered() >= total * share || undefined);
  await server.kill();
  await storm;

  const restarted = await home.serve();
  for (const ledger of ledgers) await settles(ledger, restarted);
  const verified = await home.run(['verify']);
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  await restarted.stop();
});

async function prepare(server: Server): Promise<Ledger> {
  const person = await Person.signsUp(server);
  const sessions: Checkout[] = [];
  while (sessions.length < PURCHASES_EACH) sessions.push(await checkout(person));
  return { person, sessions, paid: new Set() };
}

/** Pays every session and lands, all at once; after the kill, most of it fails. */
function paysAll({ person, sessions, paid }: Ledger, server: Server): Promise<void>[] {
  const sandbox = new Sandbox(server);
  return sessions.map(async ({ session_id }, index) => {
    const webhook = WEBHOOKS[index % WEBHOOKS.length] ?? 'normal';
    const landing = await sandbox.pays(session_id, { webhook });
    paid.add(session_id);
    if (index % 2 === 0) await person.client.get(landing);
  });
}

function startsJobs({ person }: Ledger): Promise<unknown>[] {
  return Array.from({ length: JOBS_EACH }, () => person.asksForTryOn());
}

/** After the restart the wallet is what the provider's book says was paid, less what was used. */
async function settles({ person, sessions, paid }: Ledger, server: Server): Promise<void> {
  const own = new Set(sessions.map(({ session_id }) => session_id));
  const book = (await new Sandbox(server).book()).filter((item) => item.paid && own.has(item.session_id));
  const booked = new Set(book.map(({ session_id }) => session_id));
  expect(book.length, 'no session is paid twice').toBe(booked.size);
  expect(
    [...paid].filter((session) => !booked.has(session)),
    'answered, and not in the book',
  ).toEqual([]);

  const bought = booked.size * 10;
  await until(`${person.email} has ${bought} bought credits`, SETTLES_LIMIT_MS, async () => {
    const { credits } = await person.wallet();
    expect(credits.total, 'never more than was paid').toBeLessThanOrEqual(8 + bought);
    return credits.total === 8 + bought || undefined;
  });

  const jobs = await person.allJobsFinished();
  const used = jobs.filter(({ state }) => state === 'succeeded').length;
  const wallet = await person.wallet();
  expect(wallet.credits).toMatchObject({ remaining: 8 + bought - used, held: 0, used });
  expectArithmetic(wallet);
  expectExplained(await person.entries(), wallet);
}
