import { randomUUID } from 'node:crypto';

import { expect } from '@playwright/test';

import { Client } from './client';
import type { Sandbox } from './sandbox';
import type { Server } from './server';
import { expanded } from './stripe-checkout';
import type { Stripe } from './stripe-library';
import { until } from './until';

/** What a plan costs a month, in cents. */
export const MONTHLY = 1_900;

const RENEWAL_LIMIT_MS = 15_000;

/** A monthly price with a product of its own. */
export async function monthlyPrice(stripe: Stripe, unit_amount = MONTHLY): Promise<Stripe.Price> {
  const product = await stripe.products.create({ name: `Plan ${randomUUID()}` });
  return stripe.prices.create({ product: product.id, unit_amount, currency: 'usd', recurring: { interval: 'month' } });
}

/** The order of a plan for a customer. */
export function subscribing(price: Stripe.Price, customer: string): Stripe.Checkout.SessionCreateParams {
  return {
    mode: 'subscription',
    customer,
    line_items: [{ price: price.id, quantity: 1 }],
    metadata: { user: 'ada' },
    subscription_data: { metadata: { user: 'ada' } },
    success_url: 'http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}',
  };
}

/** Somebody who has subscribed. */
export interface Subscriber {
  customer: string;
  price: Stripe.Price;
  session: Stripe.Checkout.Session;
  subscription: Stripe.Subscription;
  invoice: Stripe.Invoice;
}

export async function subscribes(stripe: Stripe, sandbox: Sandbox): Promise<Subscriber> {
  const price = await monthlyPrice(stripe);
  const { id: customer } = await stripe.customers.create({ email: 'ada@example.com' });
  const { id } = await stripe.checkout.sessions.create(subscribing(price, customer));
  await sandbox.pays(id);
  const session = await stripe.checkout.sessions.retrieve(id, { expand: ['subscription', 'invoice'] });
  const subscription = expanded<Stripe.Subscription>(session.subscription);
  return { customer, price, session, subscription, invoice: expanded<Stripe.Invoice>(session.invoice) };
}

/** The one item of a subscription, which has its period. */
export function itemOf(subscription: Stripe.Subscription): Stripe.SubscriptionItem {
  expect(subscription.items.data).toHaveLength(1);
  return subscription.items.data[0]!;
}

/** Ends the period and bills the next, at the sandbox's desk. */
export async function renews(server: Server, subscription: string, outcome?: 'paid' | 'failed'): Promise<void> {
  const body = { subscription, ...(outcome && { outcome }) };
  const answer = await new Client(server.url).post('/sandbox/stripe/renew', body);
  expect(answer.status, answer.text).toBe(200);
}

/** Puts the sandbox's time forward. */
export async function passes(server: Server, days: number): Promise<void> {
  const answer = await new Client(server.url).post('/sandbox/clock', { days: String(days) });
  expect(answer.status, answer.text).toBeLessThan(300);
}

/** The subscription once its item has left the period it was in. */
export function untilRenewed(stripe: Stripe, item: Stripe.SubscriptionItem): Promise<Stripe.Subscription> {
  return until('the next period', RENEWAL_LIMIT_MS, async () => {
    const subscription = await stripe.subscriptions.retrieve(item.subscription, { expand: ['latest_invoice'] });
    return itemOf(subscription).current_period_start >= item.current_period_end ? subscription : undefined;
  });
}

/** The subscription that an invoice belongs to, where this API version says it. */
export function subscriptionOf(invoice: Stripe.Invoice): string {
  expect(invoice.parent).toMatchObject({ type: 'subscription_details' });
  const subscription = invoice.parent?.subscription_details?.subscription;
  return typeof subscription === 'string' ? subscription : (subscription?.id ?? '');
}

/** The payment intent that an invoice was paid with. */
export async function intentOf(stripe: Stripe, invoice: string): Promise<string> {
  const payments = await stripe.invoicePayments.list({ invoice });
  expect(payments.data).toMatchObject([{ invoice, status: 'paid', payment: { type: 'payment_intent' } }]);
  const intent = payments.data[0]!.payment.payment_intent;
  return typeof intent === 'string' ? intent : (intent?.id ?? '');
}
