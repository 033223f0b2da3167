import { Client } from '../harness/client';
import { expect, test } from '../harness/fixtures';
import { Passage } from '../harness/passage';
import { Person } from '../harness/people';
import { Receiver } from '../harness/receiver';
import { buys, type Sandbox } from '../harness/sandbox';
import type { Home, Server } from '../harness/server';
import { eventsAbout } from '../harness/stripe-checkout';
import { Stripe, stripeLibrary } from '../harness/stripe-library';
import { holds, until } from '../harness/until';

const SECRET = 'whsec_independent';
const ENDPOINT = '/api/v1/webhooks/stripe';
const { webhooks } = Stripe;

/** A shop whose Stripe is the sandbox of another installation, so that its webhook secret is one we know. */
async function withShop(home: Home, server: Server, work: (shop: Server) => Promise<void>): Promise<void> {
  const passage = await Passage.open(server);
  try {
    await work(await home.serve(passage.settings(SECRET)));
  } finally {
    await passage.close();
  }
}

/** Somebody who has paid in the shop, and the event that the shop was not told. */
async function paysUnheard(shop: Server, server: Server, sandbox: Sandbox): Promise<{ buyer: Person; payload: string }> {
  const buyer = await Person.signsUp(shop);
  const { session_id } = await buys(buyer, sandbox, { webhook: 'never' });
  const [event] = await eventsAbout(stripeLibrary(server), session_id);
  expect(event?.type).toBe('checkout.session.completed');
  return { buyer, payload: JSON.stringify(event) };
}

function deliver(shop: Server, payload: string, signature?: string): ReturnType<Client['send']> {
  const headers = { 'content-type': 'application/json', ...(signature !== undefined && { 'stripe-signature': signature }) };
  return new Client(shop.url).send('POST', ENDPOINT, { headers, body: payload });
}

async function comesToHave(buyer: Person, credits: number): Promise<void> {
  await until(`${credits} credits`, 10_000, async () => ((await buyer.remaining()) === credits ? true : undefined));
}

const seconds = (): number => Math.floor(Date.now() / 1_000);
const signed = (payload: string, secret = SECRET, timestamp = seconds()): string =>
  webhooks.generateTestHeaderString({ payload, secret, timestamp });
/** The part `v1=…` of a header. */
const scheme = (header: string): string => header.split(',')[1]!;

test('an event signed by the library is taken, and what it tells of is granted', async ({ home, server, sandbox }) => {
  await withShop(home, server, async (shop) => {
    const { buyer, payload } = await paysUnheard(shop, server, sandbox);
    await holds(1_500, async () => expect(await buyer.remaining()).toBe(8));
    expect((await deliver(shop, payload, signed(payload))).status).toBe(200);
    await comesToHave(buyer, 18);
    // The same once more is taken, and changes nothing.
    expect((await deliver(shop, payload, signed(payload))).status).toBe(200);
    await holds(1_000, async () => expect(await buyer.remaining()).toBe(18));
  });
});

test('of several signatures one good one is enough', async ({ home, server, sandbox }) => {
  await withShop(home, server, async (shop) => {
    const at = seconds();
    const others = [scheme(signed('{}')), scheme(signed('{}', 'whsec_old')), 'v0=00', 'v1=zz'];
    for (const place of [0, 1, others.length]) {
      const { buyer, payload } = await paysUnheard(shop, server, sandbox);
      const parts = others.toSpliced(place, 0, scheme(signed(payload, SECRET, at)));
      const header = [`t=${at}`, ...parts].join(',');
      // The library takes it as well.
      expect(webhooks.constructEvent(payload, header, SECRET).type).toBe('checkout.session.completed');
      expect((await deliver(shop, payload, header)).status).toBe(200);
      await comesToHave(buyer, 18);
    }
  });
});

test('what the library would not take is 400, and changes nothing', async ({ home, server, sandbox }) => {
  await withShop(home, server, async (shop) => {
    const { buyer, payload } = await paysUnheard(shop, server, sandbox);
    const good = signed(payload);
    const refused: Array<[string, string | undefined]> = [
      ['no signature', undefined],
      ['an empty one', ''],
      ['nonsense', 'nonsense'],
      ['another secret', signed(payload, 'whsec_other')],
      ['another payload', signed(`${payload} `)],
      ['an hour old', signed(payload, SECRET, seconds() - 3_600)],
      ['just too old', signed(payload, SECRET, seconds() - 310)],
      ['another moment than was signed', good.replace(/t=\d+/, `t=${seconds() - 1}`)],
      ['another scheme', good.replace('v1=', 'v0=')],
      ['no moment', scheme(good)],
    ];
    for (const [what, header] of refused) {
      expect(() => webhooks.constructEvent(payload, header ?? '', SECRET), what).toThrow();
      (await deliver(shop, payload, header)).problem(400, 'bad_signature');
    }
    await holds(1_500, async () => expect(await buyer.remaining()).toBe(8));
    expect((await deliver(shop, payload, signed(payload, SECRET, seconds() - 280))).status).toBe(200);
    await comesToHave(buyer, 18);
  });
});

test('what `atelier webhook send` sends, the library takes', async ({ home }) => {
  const receiver = await Receiver.open();
  const words = ['webhook', 'send', '--session', 'cs_test_somebody', '--secret', SECRET, '--to', receiver.url];
  const said = await home.run([...words, '--times', '3']);
  await receiver.close();
  expect(said.code, said.stderr).toBe(0);
  expect(receiver.received).toHaveLength(3);
  for (const { headers, body } of receiver.received) {
    const signature = String(headers['stripe-signature']);
    const event = webhooks.constructEvent(body, signature, SECRET);
    expect(event).toMatchObject({
      object: 'event',
      id: expect.stringMatching(/^evt_/),
      type: 'checkout.session.completed',
      data: { object: { id: 'cs_test_somebody', object: 'checkout.session', payment_status: 'paid' } },
    });
    expect(() => webhooks.constructEvent(body, signature, 'whsec_other')).toThrow(/signature/);
    expect(() => webhooks.constructEvent(`${body} `, signature, SECRET)).toThrow(/signature/);
  }
  expect(new Set(receiver.received.map(({ body }) => String(body))).size).toBe(1);
});
