import { Client } from '../harness/client';
import type { Wallet } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { expectBalance, expectOneTruth } from '../harness/html';
import { expectExplained, type Person } from '../harness/people';
import { buys } from '../harness/sandbox';
import { holds, until } from '../harness/until';

/** PRODUCT.md section 4: a lost webhook is credited within a minute of payment. */
const SWEEP_LIMIT_MS = 60_000;
/** How long a wallet is watched for a second grant that must not come. */
const WATCH_MS = 1_500;

const ENDPOINTS = ['/api/v1/webhooks/stripe', '/api/webhooks/stripe'];

async function stays(person: Person, credits: number): Promise<void> {
  await holds(WATCH_MS, async () => expect(await person.remaining()).toBe(credits));
  const wallet: Wallet = await person.wallet();
  const entries = await person.entries();
  expect(entries.filter(({ recharge_id }) => recharge_id !== null)).toHaveLength(1);
  expectExplained(entries, wallet);
}

async function comesToHave(person: Person, credits: number, limitMs: number): Promise<void> {
  await until(`${credits} credits`, limitMs, async () => ((await person.remaining()) === credits ? true : undefined));
}

test('webhook never: the first sight of the success page is right', async ({ person, sandbox }) => {
  const { landing } = await buys(person, sandbox, { webhook: 'never' });
  const page = await person.client.get(landing);
  expect(page.status).toBe(200);
  expectBalance(page.text, 18);
  expectOneTruth(page.text);
  await stays(person, 18);
});

test('webhook never, and the buyer closes the browser: credited within a minute', async ({ person, sandbox }) => {
  await buys(person, sandbox, { webhook: 'never' });
  await comesToHave(person, 18, SWEEP_LIMIT_MS);
  await stays(person, 18);
});

test('webhook twenty times, and twenty landings at once: exactly ten credits', async ({ person, sandbox }) => {
  const { landing } = await buys(person, sandbox, { webhook: 'duplicate:20' });
  const landings = await Promise.all(Array.from({ length: 20 }, () => person.client.get(landing)));
  for (const page of landings) {
    expect(page.status).toBe(200);
    expectBalance(page.text, 18);
  }
  await stays(person, 18);
});

test('webhook before the redirect: credited, and the landing adds nothing', async ({ person, sandbox }) => {
  const { landing } = await buys(person, sandbox, { webhook: 'before_redirect' });
  // An event is answered when it is stored, and acted on right after.
  await comesToHave(person, 18, 10_000);
  expectBalance((await person.client.get(landing)).text, 18);
  await stays(person, 18);
});

test('webhook late: the landing is first, and the webhook adds nothing', async ({ person, sandbox }) => {
  const { landing } = await buys(person, sandbox, { webhook: 'delayed:500' });
  expectBalance((await person.client.get(landing)).text, 18);
  await stays(person, 18);
});

test('webhook alone is enough', async ({ person, sandbox }) => {
  await buys(person, sandbox, { webhook: 'delayed:100' });
  await comesToHave(person, 18, 10_000);
  await stays(person, 18);
});

test('a delayed payment method grants when it is paid, not before', async ({ person, sandbox }) => {
  const { landing } = await buys(person, sandbox, { method: 'delayed:succeeded:2000' });
  expectBalance((await person.client.get(landing)).text, 8);
  await comesToHave(person, 18, 15_000);
  await stays(person, 18);
});

test('`atelier webhook send` is taken as the real thing, and five times is once', async ({
  person,
  sandbox,
  server,
}) => {
  const { session_id } = await buys(person, sandbox, { webhook: 'never' });
  const to = new URL('/api/v1/webhooks/stripe', server.url).href;
  const sent = await server.home.run(['webhook', 'send', '--session', session_id, '--times', '5', '--to', to]);
  expect(sent.code, sent.stderr).toBe(0);
  await comesToHave(person, 18, 10_000);
  await stays(person, 18);
});

for (const endpoint of ENDPOINTS) {
  test(`${endpoint} refuses what is not signed, wrongly signed, or too large`, async ({ server }) => {
    const stripe = new Client(server.url);
    const event = { id: 'evt_forged', object: 'event', type: 'checkout.session.completed' };
    (await stripe.post(endpoint, event)).problem(400, 'bad_signature');
    const now = Math.floor(Date.now() / 1000);
    for (const signature of ['nonsense', `t=${now},v1=${'0'.repeat(64)}`, `t=1,v1=${'0'.repeat(64)}`, `t=${now}`]) {
      const answer = await stripe.post(endpoint, event, { headers: { 'stripe-signature': signature } });
      answer.problem(400, 'bad_signature');
    }
    const large = { ...event, padding: 'x'.repeat(1024 * 1024) };
    (await stripe.post(endpoint, large)).problem(413, 'payload_too_large');
  });
}
