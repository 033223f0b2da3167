import { randomUUID } from 'node:crypto';

import { Client } from '../harness/client';
import { CARDS } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { Sandbox } from '../harness/sandbox';
import { eventsAbout, expanded, order } from '../harness/stripe-checkout';
import { refusal, type Stripe, stripeLibrary } from '../harness/stripe-library';
import {
  intentOf,
  itemOf,
  MONTHLY,
  monthlyPrice,
  passes,
  renews,
  subscribes,
  subscribing,
  subscriptionOf,
  untilRenewed,
} from '../harness/stripe-plans';

const DAY_S = 24 * 3_600;

async function kindsAbout(stripe: Stripe, id: string): Promise<string[]> {
  return (await eventsAbout(stripe, id)).map(({ type }) => type);
}

/** All invoices of a subscription, oldest first. */
async function invoicesOf(stripe: Stripe, subscription: string): Promise<Stripe.Invoice[]> {
  return (await stripe.invoices.list({ subscription, limit: 100 })).data.reverse();
}

test.describe('products and prices', () => {
  test('a product is made under an id of ours, once', async ({ server }) => {
    const stripe = stripeLibrary(server);
    const id = `atelier-${randomUUID()}`;
    const made = await stripe.products.create({ id, name: 'Premium', metadata: { plan: 'premium' } });
    expect(made).toMatchObject({ object: 'product', id, name: 'Premium', active: true, metadata: { plan: 'premium' } });
    expect(await stripe.products.retrieve(id)).toMatchObject({ id, name: 'Premium' });
    const again = await refusal(stripe.products.create({ id, name: 'Premium' }));
    expect(again).toMatchObject({ type: 'StripeInvalidRequestError', code: 'resource_already_exists', statusCode: 400 });
    const listed = await stripe.products.list({ ids: [id] });
    expect(listed.data.map((product) => product.id)).toEqual([id]);
  });

  test('a price is found by its lookup key, and never changes its amount', async ({ server }) => {
    const stripe = stripeLibrary(server);
    const product = await stripe.products.create({ name: 'Premium' });
    const lookup_key = `premium:${randomUUID()}`;
    const recurring = { interval: 'month' as const };
    const wish = { product: product.id, unit_amount: MONTHLY, currency: 'usd', recurring, lookup_key };
    const made = await stripe.prices.create(wish);
    expect(made).toMatchObject({
      object: 'price',
      type: 'recurring',
      active: true,
      unit_amount: MONTHLY,
      currency: 'usd',
      recurring: { interval: 'month', interval_count: 1, usage_type: 'licensed' },
      lookup_key,
      product: product.id,
    });
    const found = await stripe.prices.list({ lookup_keys: [lookup_key, 'nobody'], active: true });
    expect(found.data.map(({ id }) => id)).toEqual([made.id]);
    expect(expanded((await stripe.prices.retrieve(made.id, { expand: ['product'] })).product)).toMatchObject({
      name: 'Premium',
    });

    const taken = await refusal(stripe.prices.create({ ...wish, unit_amount: 2_900 }));
    expect(taken).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400 });
    const next = await stripe.prices.create({ ...wish, unit_amount: 2_900, transfer_lookup_key: true });
    const now = await stripe.prices.list({ lookup_keys: [lookup_key] });
    expect(now.data.map(({ id }) => id)).toEqual([next.id]);
    expect(await stripe.prices.retrieve(made.id)).toMatchObject({ unit_amount: MONTHLY, lookup_key: null });
  });

  test('a price that is off is not sold', async ({ server }) => {
    const stripe = stripeLibrary(server);
    const price = await monthlyPrice(stripe);
    expect(await stripe.prices.update(price.id, { active: false })).toMatchObject({ active: false });
    const { id: customer } = await stripe.customers.create({ email: 'ada@example.com' });
    const error = await refusal(stripe.checkout.sessions.create(subscribing(price, customer)));
    expect(error).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400 });
  });

  test('the mode of a session fits its prices', async ({ server }) => {
    const stripe = stripeLibrary(server);
    const price = await monthlyPrice(stripe);
    const once = await refusal(stripe.checkout.sessions.create(order({ line_items: [{ price: price.id, quantity: 1 }] })));
    expect(once).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400 });
    const often = await refusal(stripe.checkout.sessions.create(order({ mode: 'subscription' })));
    expect(often).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400 });
  });
});

test.describe('subscriptions', () => {
  test('paid once, it runs: session, subscription, period and invoice agree', async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const { customer, price, session, subscription, invoice } = await subscribes(stripe, sandbox);
    expect(session).toMatchObject({
      mode: 'subscription',
      status: 'complete',
      payment_status: 'paid',
      amount_total: MONTHLY,
      payment_intent: null,
    });
    expect(subscription).toMatchObject({
      object: 'subscription',
      id: expect.stringMatching(/^sub_/),
      status: 'active',
      customer,
      metadata: { user: 'ada' },
      cancel_at_period_end: false,
      canceled_at: null,
      ended_at: null,
      latest_invoice: invoice.id,
    });
    const item = itemOf(subscription);
    expect(item).toMatchObject({ quantity: 1, price: { id: price.id }, subscription: subscription.id });
    const days = (item.current_period_end - item.current_period_start) / DAY_S;
    expect(days).toBeGreaterThanOrEqual(28);
    expect(days).toBeLessThanOrEqual(31);

    expect(invoice).toMatchObject({
      object: 'invoice',
      status: 'paid',
      billing_reason: 'subscription_create',
      amount_due: MONTHLY,
      amount_paid: MONTHLY,
      amount_remaining: 0,
      currency: 'usd',
      customer,
    });
    expect(subscriptionOf(invoice)).toBe(subscription.id);
    expect(invoice.parent?.subscription_details?.metadata).toMatchObject({ user: 'ada' });
    expect(invoice.lines.data).toMatchObject([
      { amount: MONTHLY, period: { start: item.current_period_start, end: item.current_period_end } },
    ]);
  });

  test('it is told in events', async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const { session, subscription, invoice } = await subscribes(stripe, sandbox);
    expect(await kindsAbout(stripe, subscription.id)).toContain('customer.subscription.created');
    expect(await kindsAbout(stripe, session.id)).toEqual(['checkout.session.completed']);
    const kinds = await kindsAbout(stripe, invoice.id!);
    expect(kinds.filter((kind) => kind === 'invoice.paid')).toHaveLength(1);
    expect(kinds).not.toContain('invoice.payment_failed');
  });

  test('it is found by customer, state and price', async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const { customer, price, subscription } = await subscribes(stripe, sandbox);
    const ids = async (filter: Stripe.SubscriptionListParams) =>
      (await stripe.subscriptions.list(filter)).data.map(({ id }) => id);
    expect(await ids({ customer })).toEqual([subscription.id]);
    expect(await ids({ customer, status: 'active' })).toEqual([subscription.id]);
    expect(await ids({ customer, status: 'past_due' })).toEqual([]);
    expect(await ids({ price: price.id })).toEqual([subscription.id]);
    await stripe.subscriptions.cancel(subscription.id);
    // Stripe: those that are cancelled are left out unless asked for.
    expect(await ids({ customer })).toEqual([]);
    expect(await ids({ customer, status: 'all' })).toEqual([subscription.id]);
  });

  test('a declined card starts none', async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const price = await monthlyPrice(stripe);
    const { id: customer } = await stripe.customers.create({ email: 'ada@example.com' });
    const { id } = await stripe.checkout.sessions.create(subscribing(price, customer));
    await sandbox.refuses(id, CARDS.declined);
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({ status: 'open', payment_status: 'unpaid' });
    const listed = await stripe.subscriptions.list({ customer, status: 'active' });
    expect(listed.data).toEqual([]);
  });

  test('at the end of its period the next one follows, with an invoice of its own', async ({ home }) => {
    const server = await home.serve();
    const [stripe, sandbox] = [stripeLibrary(server), new Sandbox(server)];
    const { subscription, invoice } = await subscribes(stripe, sandbox);
    await passes(server, 32);
    const renewed = await untilRenewed(stripe, itemOf(subscription));
    expect(itemOf(renewed).current_period_start).toBe(itemOf(subscription).current_period_end);
    expect(itemOf(renewed).current_period_end).toBeGreaterThan(itemOf(renewed).current_period_start);
    expect(renewed.status).toBe('active');
    const latest = expanded<Stripe.Invoice>(renewed.latest_invoice);
    expect(latest).toMatchObject({ status: 'paid', billing_reason: 'subscription_cycle', amount_paid: MONTHLY });
    expect((await invoicesOf(stripe, subscription.id)).map(({ id }) => id)).toEqual([invoice.id, latest.id]);
    expect(await kindsAbout(stripe, latest.id!)).toContain('invoice.paid');
    expect(await kindsAbout(stripe, subscription.id)).toContain('customer.subscription.updated');
  });

  test('renewed at the desk, the period ends at once and the next one begins', async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const { subscription, invoice } = await subscribes(stripe, sandbox);
    await renews(server, subscription.id);
    const renewed = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
    const latest = expanded<Stripe.Invoice>(renewed.latest_invoice);
    expect(latest).toMatchObject({ status: 'paid', billing_reason: 'subscription_cycle', amount_paid: MONTHLY });
    expect(latest.lines.data[0]!.period.start).toBe(itemOf(renewed).current_period_start);
    expect(itemOf(renewed).current_period_start).toBeGreaterThan(itemOf(subscription).current_period_start);
    expect((await invoicesOf(stripe, subscription.id)).map(({ id }) => id)).toEqual([invoice.id, latest.id]);
  });

  test('a renewal that is not paid is past due, and its invoice open', async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const { subscription } = await subscribes(stripe, sandbox);
    await renews(server, subscription.id, 'failed');
    const late = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
    expect(late.status).toBe('past_due');
    const latest = expanded<Stripe.Invoice>(late.latest_invoice);
    expect(latest).toMatchObject({
      status: 'open',
      billing_reason: 'subscription_cycle',
      amount_paid: 0,
      amount_remaining: MONTHLY,
      attempted: true,
    });
    const kinds = await kindsAbout(stripe, latest.id!);
    expect(kinds).toContain('invoice.payment_failed');
    expect(kinds).not.toContain('invoice.paid');
  });

  test('told to end with its period, it runs on until then, and may be told otherwise', async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const { subscription } = await subscribes(stripe, sandbox);
    const ending = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    expect(ending).toMatchObject({
      status: 'active',
      cancel_at_period_end: true,
      cancel_at: itemOf(subscription).current_period_end,
      canceled_at: expect.any(Number),
      ended_at: null,
    });
    const [told] = (await eventsAbout(stripe, subscription.id)).slice(-1);
    expect(told).toMatchObject({
      type: 'customer.subscription.updated',
      data: { previous_attributes: { cancel_at_period_end: false } },
    });
    const goingOn = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false });
    expect(goingOn).toMatchObject({ cancel_at_period_end: false, cancel_at: null, canceled_at: null });

    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    await renews(server, subscription.id);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: 'canceled' });
    expect(await invoicesOf(stripe, subscription.id)).toHaveLength(1);
    expect(await kindsAbout(stripe, subscription.id)).toContain('customer.subscription.deleted');
  });

  test('cancelled at once, it has ended, and cannot be cancelled again', async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const { subscription } = await subscribes(stripe, sandbox);
    const ended = await stripe.subscriptions.cancel(subscription.id);
    expect(ended).toMatchObject({ id: subscription.id, status: 'canceled', ended_at: expect.any(Number) });
    expect((await kindsAbout(stripe, subscription.id)).at(-1)).toBe('customer.subscription.deleted');
    const again = await refusal(stripe.subscriptions.cancel(subscription.id));
    expect(again).toMatchObject({ type: 'StripeInvalidRequestError', code: 'resource_missing' });
    const changed = await refusal(stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true }));
    expect(changed).toMatchObject({ type: 'StripeInvalidRequestError' });
  });

  test('moved to a dearer plan at once, the difference is billed and the period stays', async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const { subscription } = await subscribes(stripe, sandbox);
    const dearer = await monthlyPrice(stripe, 4_900);
    const item = itemOf(subscription);
    const moved = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: item.id, price: dearer.id }],
      proration_behavior: 'always_invoice',
    });
    expect(itemOf(moved)).toMatchObject({ id: item.id, price: { id: dearer.id } });
    expect(itemOf(moved).current_period_end).toBe(item.current_period_end);
    const [, difference] = await invoicesOf(stripe, subscription.id);
    expect(difference).toMatchObject({ status: 'paid', billing_reason: 'subscription_update' });
    expect(difference!.amount_paid).toBeGreaterThan(0);
    expect(difference!.amount_paid).toBeLessThanOrEqual(4_900 - MONTHLY);
  });

  test('moved without prorations, nothing is billed now', async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const { subscription } = await subscribes(stripe, sandbox);
    const cheaper = await monthlyPrice(stripe, 900);
    await stripe.subscriptions.update(subscription.id, {
      items: [{ id: itemOf(subscription).id, price: cheaper.id }],
      proration_behavior: 'none',
    });
    expect(await invoicesOf(stripe, subscription.id)).toHaveLength(1);
    await renews(server, subscription.id);
    const [, next] = await invoicesOf(stripe, subscription.id);
    expect(next).toMatchObject({ billing_reason: 'subscription_cycle', amount_paid: 900 });
  });

  test('one that is not there is 404', async ({ server }) => {
    const stripe = stripeLibrary(server);
    for (const call of [
      () => stripe.subscriptions.retrieve('sub_nobody'),
      () => stripe.invoices.retrieve('in_nobody'),
      () => stripe.products.retrieve('prod_nobody'),
      () => stripe.prices.retrieve('price_nobody'),
    ]) {
      expect(await refusal(call())).toMatchObject({ statusCode: 404, code: 'resource_missing' });
    }
  });
});

test.describe('invoices', () => {
  test('an invoice leads to its payment, and the payment to its invoice', async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const { invoice } = await subscribes(stripe, sandbox);
    const intent = await intentOf(stripe, invoice.id!);
    expect(await stripe.paymentIntents.retrieve(intent)).toMatchObject({ status: 'succeeded', amount: MONTHLY });
    const payment = { type: 'payment_intent' as const, payment_intent: intent };
    const back = await stripe.invoicePayments.list({ payment });
    expect(back.data).toMatchObject([{ invoice: invoice.id, amount_paid: MONTHLY }]);
    expect(invoice.hosted_invoice_url).toContain('http');
  });

  test("a plan's payment is given back like any other", async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const { subscription, invoice } = await subscribes(stripe, sandbox);
    const intent = await intentOf(stripe, invoice.id!);
    const refund = await stripe.refunds.create({ payment_intent: intent });
    expect(refund).toMatchObject({ amount: MONTHLY, status: 'succeeded' });
    // The invoice stays paid, and the subscription runs on: who gives money back decides about it.
    expect(await stripe.invoices.retrieve(invoice.id!)).toMatchObject({ status: 'paid', amount_paid: MONTHLY });
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: 'active' });
  });

  test('a purchase makes one when it is told to', async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const { id } = await stripe.checkout.sessions.create(order({ invoice_creation: { enabled: true } }));
    await sandbox.pays(id);
    const session = await stripe.checkout.sessions.retrieve(id, { expand: ['invoice'] });
    const invoice = expanded<Stripe.Invoice>(session.invoice);
    expect(invoice).toMatchObject({ status: 'paid', amount_paid: session.amount_total, billing_reason: 'manual' });
    expect(session.payment_intent).not.toBeNull();
    const without = await stripe.checkout.sessions.create(order());
    await sandbox.pays(without.id);
    expect((await stripe.checkout.sessions.retrieve(without.id)).invoice).toBeNull();
  });
});

test.describe('the billing portal', () => {
  test('a customer is sent to a page of its own', async ({ server, sandbox }) => {
    const stripe = stripeLibrary(server);
    const { customer } = await subscribes(stripe, sandbox);
    const return_url = 'http://127.0.0.1:9/account';
    const portal = await stripe.billingPortal.sessions.create({ customer, return_url });
    expect(portal).toMatchObject({ object: 'billing_portal.session', customer, return_url, livemode: false });
    const { pathname, search } = new URL(portal.url);
    const page = await new Client(server.url).get(pathname + search);
    expect(page.status).toBe(200);
    expect(page.text).toContain(return_url);
  });

  test('without a customer there is none', async ({ server }) => {
    const { sessions } = stripeLibrary(server).billingPortal;
    const error = await refusal(sessions.create({ customer: 'cus_nobody' }));
    expect(error).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'customer' });
  });

  test('its default settings let plans be switched, and cancelled with their period', async ({ server }) => {
    const { configurations } = stripeLibrary(server).billingPortal;
    const [standard, ...none] = (await configurations.list({ active: true, is_default: true })).data;
    expect(none).toEqual([]);
    expect(standard).toMatchObject({
      active: true,
      is_default: true,
      features: {
        subscription_cancel: { enabled: true, mode: 'at_period_end' },
        subscription_update: { enabled: true, default_allowed_updates: ['price'] },
      },
    });
    expect((await configurations.list({ is_default: false })).data).toEqual([]);
  });
});
