import { randomUUID } from 'node:crypto';

import { expect, test } from '../harness/fixtures';
import { order, pays } from '../harness/stripe-checkout';
import { refusal, Stripe, stripeLibrary } from '../harness/stripe-library';

test('the same call with the same key is answered again, and done once', async ({ server }) => {
  const stripe = stripeLibrary(server);
  const idempotencyKey = randomUUID();
  const wish = order({ metadata: { a: '1', b: '2' } });
  const first = await stripe.checkout.sessions.create(wish, { idempotencyKey });
  // The order of parameters is no part of the question.
  const turned = order({ metadata: { b: '2', a: '1' } });
  const again = await stripe.checkout.sessions.create(turned, { idempotencyKey });
  expect(again.id).toBe(first.id);
  expect([isReplayed(first), isReplayed(again)]).toEqual([false, true]);
  const other = await stripe.checkout.sessions.create(wish, { idempotencyKey: randomUUID() });
  expect(other.id).not.toBe(first.id);
});

test('the same key with other parameters, or elsewhere, is refused', async ({ server }) => {
  const stripe = stripeLibrary(server);
  const idempotencyKey = randomUUID();
  await stripe.checkout.sessions.create(order(), { idempotencyKey });
  for (const call of [
    () => stripe.checkout.sessions.create(order({ client_reference_id: 'other' }), { idempotencyKey }),
    () => stripe.customers.create({ email: 'a@example.com' }, { idempotencyKey }),
  ]) {
    const error = await refusal(call());
    expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(error).toMatchObject({ statusCode: 400, rawType: 'idempotency_error' });
  }
});

test('while a call is under way, its key is in use', async ({ server }) => {
  const stripe = stripeLibrary(server);
  const options = { idempotencyKey: randomUUID(), maxNetworkRetries: 0 };
  const calls = Array.from({ length: 20 }, () => stripe.checkout.sessions.create(order(), options));
  const outcomes = await Promise.allSettled(calls);
  const made = outcomes.flatMap((it) => (it.status === 'fulfilled' ? [it.value.id] : []));
  expect(new Set(made).size).toBe(1);
  const refused = outcomes.flatMap((it) => (it.status === 'rejected' ? [it.reason as unknown] : []));
  expect(refused).not.toEqual([]);
  for (const error of refused) {
    expect(error).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use', rawType: 'idempotency_error' });
  }
});

/** The second of two calls at once is answered with 409; the library then asks again by itself. */
test('the same key ten times at once is one session', async ({ server }) => {
  const stripe = stripeLibrary(server);
  const options = { idempotencyKey: randomUUID(), maxNetworkRetries: 5 };
  const calls = Array.from({ length: 10 }, () => stripe.checkout.sessions.create(order(), options));
  expect(new Set((await Promise.all(calls)).map(({ id }) => id)).size).toBe(1);
});

test('ten refunds at once under one key give the money back once', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const { intent, charge } = await pays(stripe, sandbox);
  const options = { idempotencyKey: randomUUID(), maxNetworkRetries: 5 };
  const wish = { payment_intent: intent.id, amount: 100 };
  const refunds = await Promise.all(Array.from({ length: 10 }, () => stripe.refunds.create(wish, options)));
  expect(new Set(refunds.map(({ id }) => id)).size).toBe(1);
  expect((await stripe.charges.retrieve(charge.id)).amount_refunded).toBe(100);
});

test('a refusal of what was tried is kept too', async ({ server, sandbox }) => {
  const stripe = stripeLibrary(server);
  const { intent } = await pays(stripe, sandbox);
  const idempotencyKey = randomUUID();
  const wish = { payment_intent: intent.id, amount: 1_000_000 };
  const first = await refusal(stripe.refunds.create(wish, { idempotencyKey }));
  const again = await refusal(stripe.refunds.create(wish, { idempotencyKey }));
  expect([again.message, again.code]).toEqual([first.message, first.code]);
  expect(again.headers?.['idempotent-replayed']).toBe('true');
});

/** Whether an answer says that it was given before. */
function isReplayed({ lastResponse }: { lastResponse: { headers: Record<string, string> } }): boolean {
  return new Headers(lastResponse.headers).get('idempotent-replayed') === 'true';
}
