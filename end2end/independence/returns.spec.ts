import { expect, test } from '../harness/fixtures';
import { disputes, eventsAbout, pays, PRICE } from '../harness/stripe-checkout';
import { refusal, stripeLibrary } from '../harness/stripe-library';

test('a payment is given back whole', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const { intent, charge } = await pays(stripe, sandbox);
  const refund = await stripe.refunds.create({
    payment_intent: intent.id,
    reason: 'requested_by_customer',
    metadata: { case: '9' },
  });
  expect(refund).toMatchObject({
    object: 'refund',
    id: expect.stringMatching(/^re_/),
    amount: PRICE,
    currency: 'usd',
    charge: charge.id,
    payment_intent: intent.id,
    reason: 'requested_by_customer',
    metadata: { case: '9' },
    status: 'succeeded',
  });
  expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ amount_refunded: PRICE, refunded: true });
  // The payment itself stays what it was.
  expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({ status: 'succeeded', amount_received: PRICE });
  expect((await eventsAbout(stripe, refund.id)).map(({ type }) => type)).toContain('refund.created');
  const kinds = (await eventsAbout(stripe, charge.id)).map(({ type }) => type);
  expect(kinds.filter((kind) => kind === 'charge.refunded')).toHaveLength(1);

  const again = await refusal(stripe.refunds.create({ payment_intent: intent.id }));
  expect(again).toMatchObject({ type: 'StripeInvalidRequestError', code: 'charge_already_refunded', statusCode: 400 });
});

test('a payment is given back in parts, and never more than it was', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const { intent, charge } = await pays(stripe, sandbox);
  const first = await stripe.refunds.create({ payment_intent: intent.id, amount: 500 });
  expect(first.amount).toBe(500);
  expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ amount_refunded: 500, refunded: false });

  const tooMuch = await refusal(stripe.refunds.create({ charge: charge.id, amount: PRICE - 499 }));
  expect(tooMuch).toMatchObject({ type: 'StripeInvalidRequestError', param: 'amount', statusCode: 400 });
  expect(tooMuch.message).toMatch(/14\.91.* is greater than unrefunded amount on charge .*14\.90/);
  expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ amount_refunded: 500 });

  const rest = await stripe.refunds.create({ charge: charge.id });
  expect(rest.amount).toBe(PRICE - 500);
  const whole = await stripe.charges.retrieve(charge.id, { expand: ['refunds'] });
  expect(whole).toMatchObject({ amount_refunded: PRICE, refunded: true });
  expect(whole.refunds?.data.map(({ id }) => id)).toEqual([rest.id, first.id]);
  const listed = await stripe.refunds.list({ payment_intent: intent.id });
  expect(listed.data.map(({ id }) => id)).toEqual([rest.id, first.id]);
  expect(await stripe.refunds.retrieve(first.id, { expand: ['charge'] })).toMatchObject({ charge: { id: charge.id } });

  // Each event says how much is back in all, not how much it added.
  const told = await eventsAbout(stripe, charge.id);
  const refunded = told.filter(({ type }) => type === 'charge.refunded');
  expect(refunded.map(({ data }) => (data.object as { amount_refunded: number }).amount_refunded)).toEqual([500, PRICE]);
});

test('a refund of what was not paid, or of nothing at all, is refused', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const unknown = await refusal(stripe.refunds.create({ payment_intent: 'pi_nobody' }));
  expect(unknown).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'payment_intent' });
  expect(await refusal(stripe.refunds.create({}))).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400 });
  const { intent } = await pays(stripe, sandbox);
  for (const amount of [0, -5]) {
    const error = await refusal(stripe.refunds.create({ payment_intent: intent.id, amount }));
    expect(error).toMatchObject({ code: 'parameter_invalid_integer', param: 'amount' });
  }
});

test('a dispute holds the money; won, it is free again', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const { intent, charge } = await pays(stripe, sandbox);
  await disputes(server, intent.id);
  const [dispute] = (await stripe.disputes.list({ payment_intent: intent.id })).data;
  expect(dispute).toMatchObject({
    object: 'dispute',
    amount: PRICE,
    charge: charge.id,
    payment_intent: intent.id,
    status: 'needs_response',
    reason: 'fraudulent',
  });
  expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ disputed: true });
  const refused = await refusal(stripe.refunds.create({ payment_intent: intent.id }));
  expect(refused).toMatchObject({ type: 'StripeInvalidRequestError', code: 'charge_disputed' });

  await disputes(server, intent.id, 'won');
  expect(await stripe.disputes.retrieve(dispute!.id)).toMatchObject({ status: 'won' });
  const kinds = (await eventsAbout(stripe, dispute!.id)).map(({ type }) => type);
  expect(kinds).toEqual([
    'charge.dispute.created',
    'charge.dispute.funds_withdrawn',
    'charge.dispute.funds_reinstated',
    'charge.dispute.closed',
  ]);
});

test('a dispute that is lost stays so', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const { intent, session } = await pays(stripe, sandbox);
  await disputes(server, intent.id);
  await disputes(server, intent.id, 'lost');
  const listed = await stripe.disputes.list({ payment_intent: intent.id });
  expect(listed.data).toMatchObject([{ status: 'lost' }]);
  const booked = (await sandbox.book()).filter(({ session_id }) => session_id === session.id);
  expect(booked).toMatchObject([{ paid: true, disputed: true }]);
});
