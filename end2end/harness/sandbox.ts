import { expect } from '@playwright/test';

import { Client } from './client';
import { type BookItem, CARDS, type Checkout, type List, PACK, type Recharge } from './contract';
import type { Person } from './people';
import type { Server } from './server';

export type Webhook = 'normal' | `delayed:${number}` | `duplicate:${number}` | 'before_redirect' | 'never';

export interface Payment {
  card?: string;
  webhook?: Webhook;
  method?: 'card' | `delayed:${'succeeded' | 'failed'}:${number}`;
}

/** The payment provider of the sandbox: the part of the world that is not ours. */
export class Sandbox {
  readonly #client: Client;

  constructor(server: Server) {
    this.#client = new Client(server.url);
  }

  /** Fills in the hosted page; answers where it sends the browser, as a path of ours. */
  async pays(
    session: string,
    { card = CARDS.good, webhook = 'normal', method = 'card' }: Payment = {},
  ): Promise<string> {
    const path = `/sandbox/stripe/checkout/${session}`;
    const answer = await this.#client.postForm(path, { card_number: card, webhook, method });
    expect(answer.status, answer.text.slice(0, 300)).toBe(303);
    const landing = new URL(answer.headers.get('location') ?? '', this.#client.base);
    return landing.pathname + landing.search;
  }

  /** A card that the provider refuses. */
  async refuses(session: string, card: string): Promise<void> {
    const answer = await this.#client.postForm(`/sandbox/stripe/checkout/${session}`, { card_number: card });
    expect(answer.status).toBe(402);
  }

  /** A part of a payment goes back, in minor units. */
  async refunds(payment_intent: string | null, amount: number): Promise<void> {
    const answer = await this.#client.post('/sandbox/stripe/refunds', { payment_intent, amount });
    expect(answer.status, answer.text).toBe(200);
  }

  async book(): Promise<BookItem[]> {
    return (await this.#client.get('/sandbox/stripe/book')).being<List<BookItem>>(200).items;
  }

  /** What becomes of the next job that is given to the AI provider. */
  async nextJob(outcome: string): Promise<void> {
    const answer = await this.#client.post('/sandbox/studio/next', { outcome });
    expect(answer.status, answer.text).toBeLessThan(300);
  }
}

export async function checkout(person: Person, item: string = PACK.item): Promise<Checkout> {
  return (await person.client.post('/api/checkout', { item })).being<Checkout>(201);
}

/** A purchase up to the redirect; whether the buyer lands is up to the test. */
export async function buys(
  person: Person,
  sandbox: Sandbox,
  payment: Payment = {},
  item: string = PACK.item,
): Promise<Checkout & { landing: string }> {
  const made = await checkout(person, item);
  return { ...made, landing: await sandbox.pays(made.session_id, payment) };
}

/** A purchase to its end: the buyer has landed, and has what was bought. */
export async function has(person: Person, sandbox: Sandbox, item: string = PACK.item): Promise<Recharge> {
  const { landing, recharge_id } = await buys(person, sandbox, {}, item);
  const answer = await person.client.get(landing);
  expect(answer.status, answer.text.slice(0, 300)).toBe(200);
  const record = (await person.recharges()).find(({ id }) => id === recharge_id);
  expect(record).toMatchObject({ status: 'completed', payment_id: expect.any(String) });
  return record!;
}
