import { expect } from '@playwright/test';

import { Client } from './client';
import type { Payment, Sandbox } from './sandbox';
import type { Server } from './server';
import type { Stripe } from './stripe-library';

export const PRICE = 1_990;

/** The least that a one-off checkout of one thing wants. */
export function order(more: Stripe.Checkout.SessionCreateParams = {}): Stripe.Checkout.SessionCreateParams {
  return {
    mode: 'payment',
    line_items: [
      { quantity: 1, price_data: { currency: 'usd', unit_amount: PRICE, product_data: { name: 'Ten credits & more' } } },
    ],
    success_url: 'http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}',
    ...more,
  };
}

/** A payment that went through, from its session to its charge. */
export interface Paid {
  session: Stripe.Checkout.Session;
  intent: Stripe.PaymentIntent;
  charge: Stripe.Charge;
}

/** Makes a session, pays it on the hosted page, and reads everything again. */
export async function pays(
  stripe: Stripe,
  sandbox: Sandbox,
  payment: Payment = {},
  more: Stripe.Checkout.SessionCreateParams = {},
): Promise<Paid> {
  const { id } = await stripe.checkout.sessions.create(order(more));
  // Whose webhooks these are is no matter here: nobody at the server knows the session.
  await sandbox.pays(id, payment);
  const session = await stripe.checkout.sessions.retrieve(id, { expand: ['payment_intent.latest_charge'] });
  const intent = expanded<Stripe.PaymentIntent>(session.payment_intent);
  return { session, intent, charge: expanded<Stripe.Charge>(intent.latest_charge) };
}

/** An object that was asked for with `expand`, and so is no mere id. */
export function expanded<Thing extends object>(field: Thing | string | null | undefined): Thing {
  expect(typeof field, JSON.stringify(field)).toBe('object');
  expect(field).not.toBeNull();
  return field as Thing;
}

/** The kinds of all events about an object, oldest first. */
export async function eventsAbout(stripe: Stripe, id: string): Promise<Stripe.Event[]> {
  const events: Stripe.Event[] = [];
  for await (const event of stripe.events.list({ limit: 100 })) {
    if ((event.data.object as { id?: string }).id === id) events.push(event);
  }
  return events.reverse();
}

/** What the payer's bank does, at the sandbox's desk. */
export async function disputes(server: Server, payment_intent: string, outcome?: 'won' | 'lost'): Promise<void> {
  const body = { payment_intent, ...(outcome && { outcome }) };
  const answer = await new Client(server.url).post('/sandbox/stripe/disputes', body);
  expect(answer.status, answer.text).toBe(200);
}
