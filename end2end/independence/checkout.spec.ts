import { Client } from '../harness/client';
import { CARDS } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { eventsAbout, expanded, order, pays, PRICE } from '../harness/stripe-checkout';
import { refusal, stripeLibrary } from '../harness/stripe-library';

const HOUR_S = 3_600;

test('a session is made, shown on its hosted page, and read again as it was', async ({ server }) => {
  const stripe = stripeLibrary(server);
  const expires_at = Math.floor(Date.now() / 1_000) + HOUR_S;
  const made = await stripe.checkout.sessions.create(
    order({
      client_reference_id: 'somebody',
      customer_email: 'somebody@example.com',
      metadata: { order: '7', note: 'a & b = {c} ü' },
      payment_intent_data: { metadata: { order: '7' } },
      cancel_url: 'http://127.0.0.1:9/cancelled',
      expires_at,
    }),
  );
  expect(made).toMatchObject({
    object: 'checkout.session',
    id: expect.stringMatching(/^cs_test_/),
    mode: 'payment',
    status: 'open',
    payment_status: 'unpaid',
    amount_total: PRICE,
    amount_subtotal: PRICE,
    currency: 'usd',
    client_reference_id: 'somebody',
    customer_email: 'somebody@example.com',
    metadata: { order: '7', note: 'a & b = {c} ü' },
    success_url: 'http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'http://127.0.0.1:9/cancelled',
    expires_at,
    livemode: false,
    payment_intent: null,
  });
  expect(made.lastResponse.requestId).toMatch(/^req_/);

  const { pathname } = new URL(made.url ?? '');
  expect((await new Client(server.url).get(pathname)).status).toBe(200);

  const read = await stripe.checkout.sessions.retrieve(made.id, { expand: ['line_items'] });
  expect(read).toMatchObject(plain(made));
  expect(made).not.toHaveProperty('line_items');
  expect(read.line_items?.data).toMatchObject([
    { object: 'item', description: 'Ten credits & more', quantity: 1, amount_total: PRICE, price: { unit_amount: PRICE } },
  ]);
});

test('the lines of a session are listed, page by page', async ({ server }) => {
  const stripe = stripeLibrary(server);
  const line_items = ['one', 'two', 'three'].map((name, place) => ({
    quantity: place + 1,
    price_data: { currency: 'usd', unit_amount: 100, product_data: { name } },
  }));
  const { id, amount_total } = await stripe.checkout.sessions.create(order({ line_items }));
  expect(amount_total).toBe(600);
  const first = await stripe.checkout.sessions.listLineItems(id, { limit: 2 });
  expect([first.data.length, first.has_more]).toEqual([2, true]);
  const all: Array<string | null> = [];
  for await (const line of stripe.checkout.sessions.listLineItems(id, { limit: 2 })) all.push(line.description);
  expect(all).toEqual(['one', 'two', 'three']);
});

test('sessions are listed newest first, through all pages and back', async ({ server }) => {
  const stripe = stripeLibrary(server);
  const { id: customer } = await stripe.customers.create({ email: 'list@example.com' });
  const made: string[] = [];
  for (let count = 0; count < 5; count += 1) {
    made.unshift((await stripe.checkout.sessions.create(order({ customer }))).id);
  }
  const all: string[] = [];
  for await (const session of stripe.checkout.sessions.list({ customer, limit: 2 })) all.push(session.id);
  expect(all).toEqual(made);

  const page = await stripe.checkout.sessions.list({ customer, limit: 2 });
  expect(page).toMatchObject({ object: 'list', url: '/v1/checkout/sessions', has_more: true });
  const back = await stripe.checkout.sessions.list({ customer, limit: 2, ending_before: made[3]! });
  expect(back.data.map(({ id }) => id)).toEqual(made.slice(1, 3));
  expect(back.has_more).toBe(true);

  const since = await stripe.checkout.sessions.list({ customer, created: { gte: page.data[0]!.created + 3_600 } });
  expect(since.data).toEqual([]);
  const error = await refusal(stripe.checkout.sessions.list({ starting_after: 'cs_test_nobody' }));
  expect(error).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'starting_after' });
});

test('an open session is expired, once', async ({ server }) => {
  const stripe = stripeLibrary(server);
  const { id } = await stripe.checkout.sessions.create(order());
  const expired = await stripe.checkout.sessions.expire(id);
  expect(expired).toMatchObject({ id, status: 'expired', payment_status: 'unpaid', url: null });
  const error = await refusal(stripe.checkout.sessions.expire(id));
  expect(error).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400 });
  const kinds = (await eventsAbout(stripe, id)).map(({ type }) => type);
  expect(kinds).toEqual(['checkout.session.expired']);
});

test('a session paid on the hosted page is complete, with its payment and its charge', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const { session, intent, charge } = await pays(
    stripe,
    sandbox,
    {},
    { client_reference_id: 'somebody', payment_intent_data: { metadata: { order: '8' } } },
  );
  expect(session).toMatchObject({ status: 'complete', payment_status: 'paid', url: null });
  expect(intent).toMatchObject({
    object: 'payment_intent',
    status: 'succeeded',
    amount: PRICE,
    amount_received: PRICE,
    currency: 'usd',
    metadata: { order: '8' },
  });
  expect(charge).toMatchObject({
    object: 'charge',
    status: 'succeeded',
    paid: true,
    captured: true,
    amount: PRICE,
    amount_refunded: 0,
    refunded: false,
    disputed: false,
    payment_intent: intent.id,
    payment_method_details: { type: 'card' },
    receipt_url: expect.stringContaining('http'),
  });
  expect((await stripe.charges.list({ payment_intent: intent.id })).data.map(({ id }) => id)).toEqual([charge.id]);
  const found = await stripe.checkout.sessions.list({ payment_intent: intent.id });
  expect(found.data.map(({ id }) => id)).toEqual([session.id]);

  const booked = (await sandbox.book()).filter(({ session_id }) => session_id === session.id);
  expect(booked).toMatchObject([{ payment_intent: intent.id, client_reference_id: 'somebody', paid: true }]);
});

test('the payment is given by its id, or whole when asked for', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const { intent, charge } = await pays(stripe, sandbox);
  const bare = await stripe.paymentIntents.retrieve(intent.id);
  expect(bare.latest_charge).toBe(charge.id);
  const whole = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] });
  expect(plain(expanded(whole.latest_charge))).toEqual(plain(await stripe.charges.retrieve(charge.id)));
  const wrong = await refusal(stripe.paymentIntents.retrieve(intent.id, { expand: ['nonsense'] }));
  expect(wrong).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400 });
});

test('a declined card leaves the session open, and another may follow', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const { id } = await stripe.checkout.sessions.create(order());
  await sandbox.refuses(id, CARDS.insufficientFunds);
  const open = await stripe.checkout.sessions.retrieve(id, { expand: ['payment_intent'] });
  expect(open).toMatchObject({ status: 'open', payment_status: 'unpaid' });
  expect(expanded(open.payment_intent)).toMatchObject({
    status: 'requires_payment_method',
    amount_received: 0,
    last_payment_error: { code: 'card_declined', decline_code: 'insufficient_funds', type: 'card_error' },
  });
  await sandbox.pays(id);
  expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({ status: 'complete', payment_status: 'paid' });
});

test('a delayed payment is complete and unpaid until the money comes', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const { id } = await stripe.checkout.sessions.create(order());
  await sandbox.pays(id, { method: 'delayed:succeeded:1500' });
  expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({ status: 'complete', payment_status: 'unpaid' });
  await expect.poll(async () => (await stripe.checkout.sessions.retrieve(id)).payment_status).toBe('paid');
  const kinds = (await eventsAbout(stripe, id)).map(({ type }) => type);
  expect(kinds).toEqual(['checkout.session.completed', 'checkout.session.async_payment_succeeded']);
});

test('a customer is made, read, named in a session, and listed', async ({ server }) => {
  const stripe = stripeLibrary(server);
  const made = await stripe.customers.create({ email: 'ada@example.com', name: 'Ada', metadata: { user: '1' } });
  expect(made).toMatchObject({ object: 'customer', id: expect.stringMatching(/^cus_/), email: 'ada@example.com' });
  expect(await stripe.customers.retrieve(made.id)).toMatchObject({ name: 'Ada', metadata: { user: '1' } });
  const session = await stripe.checkout.sessions.create(order({ customer: made.id }));
  expect(session).toMatchObject({ customer: made.id, customer_details: { email: 'ada@example.com' } });
  const [newest] = (await stripe.customers.list({ limit: 100 })).data.filter(({ id }) => id === made.id);
  expect(newest).toMatchObject({ id: made.id });
});

/** The object without what the library hangs on it. */
function plain(thing: object): Record<string, unknown> {
  const { lastResponse: _, ...rest } = { lastResponse: undefined, ...thing };
  return rest;
}
