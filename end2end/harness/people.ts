import { randomBytes } from 'node:crypto';

import { expect } from '@playwright/test';

import { type Answer, Client } from './client';
import type { Entry, Job, List, Recharge, User, Wallet } from './contract';
import { garment, person, tryOnForm } from './pictures';
import type { Server } from './server';
import { until } from './until';

export const PASSWORD = 'correct horse battery staple';
const JOB_LIMIT_MS = 60_000;
const FINAL = ['succeeded', 'failed', 'cancelled'];

export function freshEmail(): string {
  return `person-${randomBytes(6).toString('hex')}@example.com`;
}

/** Somebody with an account, and what they can ask over the API. */
export class Person {
  private constructor(
    readonly email: string,
    readonly id: string,
    readonly client: Client,
  ) {}

  static async signsUp(server: Server): Promise<Person> {
    const client = new Client(server.url);
    const email = freshEmail();
    const answer = await client.post('/api/auth/sign-up', { email, password: PASSWORD });
    expect(answer.status, answer.text).toBe(201);
    return new Person(email, (await whoIs(client)).id, client);
  }

  static async signsIn(server: Server, email: string, password = PASSWORD): Promise<Person> {
    const client = new Client(server.url);
    const answer = await client.post('/api/auth/sign-in', { email, password });
    expect(answer.status, answer.text).toBe(200);
    return new Person(email, (await whoIs(client)).id, client);
  }

  /** The administrator every sandbox has from the start. */
  static admin(server: Server): Promise<Person> {
    return Person.signsIn(server, 'admin@example.com', 'atelier-demo');
  }

  async wallet(): Promise<Wallet> {
    return (await this.client.get('/api/credits')).being<Wallet>(200);
  }

  async remaining(): Promise<number> {
    return (await this.wallet()).credits.remaining;
  }

  /** All entries, oldest first. */
  async entries(): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (let cursor = ''; ; ) {
      const answer = await this.client.get(`/api/credits/entries?limit=100${cursor}`);
      const page = answer.being<List<Entry>>(200);
      entries.push(...page.items);
      if (!page.next) return entries.reverse();
      cursor = `&cursor=${encodeURIComponent(page.next)}`;
    }
  }

  async recharges(): Promise<Recharge[]> {
    return (await this.client.get('/api/recharge?limit=100')).being<List<Recharge>>(200).items;
  }

  async jobs(): Promise<Job[]> {
    return (await this.client.get('/api/jobs?limit=100')).being<List<Job>>(200).items;
  }

  asksForTryOn(headers: Record<string, string> = {}): Promise<Answer> {
    return this.client.upload('/api/try-on', tryOnForm({ person: person(), garment: garment() }), { headers });
  }

  /** A try-on that is accepted, waited for to its end. */
  async triesOn(): Promise<Job> {
    const job = (await this.asksForTryOn()).being<Job>(202);
    return this.finished(job.id);
  }

  finished(id: string): Promise<Job> {
    return until(`job ${id} has ended`, JOB_LIMIT_MS, async () => {
      const job = (await this.client.get(`/api/jobs/${id}`)).being<Job>(200);
      return FINAL.includes(job.state) ? job : undefined;
    });
  }

  async allJobsFinished(): Promise<Job[]> {
    return until('all jobs have ended', JOB_LIMIT_MS, async () => {
      const jobs = await this.jobs();
      return jobs.every((job) => FINAL.includes(job.state)) ? jobs : undefined;
    });
  }

  /** Spends of one's own credits without making anything. */
  async deducts(amount: number): Promise<void> {
    (await this.client.post('/api/credits', { action: 'deduct', amount, reason: 'a test spends' })).being(200);
  }

  /** As an administrator: makes somebody's credits exactly this. */
  async setsCredits(of: Person, amount: number): Promise<void> {
    const body = { action: 'set', amount, reason: 'a test prepares', user_id: of.id };
    (await this.client.post('/api/credits', body)).being(200);
  }
}

async function whoIs(client: Client): Promise<User> {
  return (await client.get('/api/auth/me')).being<{ user: User }>(200).user;
}

/** PRODUCT.md 3a: the line that anyone can check by hand. */
export function expectArithmetic({ credits: c, trials: t }: Wallet): void {
  expect(c.remaining + c.frozen + c.held + c.used + c.removed - c.debt, JSON.stringify(c)).toBe(c.total);
  expect(t.limit - t.used - t.held, JSON.stringify(t)).toBe(t.remaining);
  expect(Math.min(c.debt, c.remaining)).toBe(0);
}

/** The entries alone lead to the balance, each from the one before. */
export function expectExplained(entries: Entry[], { credits }: Wallet): void {
  let balance = 0;
  for (const entry of entries) {
    balance += entry.amount;
    expect(entry.balance_after, `${entry.kind} ${entry.amount}`).toBe(balance);
  }
  expect(balance).toBe(credits.remaining + credits.frozen - credits.debt);
}
