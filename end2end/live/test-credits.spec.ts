import type { Locator, Page } from '@playwright/test';

import type { Atelier, AtelierError, Checkout, Entry, Job, State, Wallet } from '../../public/atelier.js';
import { expect, test } from '../harness/fixtures';
import type { Visitor } from '../harness/visitor';

const JOB_LIMIT_MS = 40_000;
const CALLS: Exclude<keyof Atelier, 'state'>[] = [
  'credits',
  'onCredits',
  'hasEnough',
  'deduct',
  'checkout',
  'tryOn',
  'waitForJob',
  'job',
  'jobs',
  'entries',
  'catalog',
  'onState',
];

const button = (page: Page, call: string): Locator => page.locator(`button[data-call="${call}"]`);
const output = (page: Page, call: string): Locator => page.locator(`output[data-answer="${call}"]`);

/** Runs a call by its button, and reads what it printed. */
async function runs<Answer>(page: Page, call: string, limitMs = 10_000): Promise<Answer> {
  await button(page, call).click();
  await expect(button(page, call)).not.toHaveAttribute('aria-busy', /./, { timeout: limitMs });
  return printed<Answer>(page, call);
}

async function printed<Answer>(page: Page, call: string): Promise<Answer> {
  await expect(output(page, call)).not.toBeEmpty();
  return JSON.parse((await output(page, call).textContent()) ?? '') as Answer;
}

async function arrives(visitor: Visitor) {
  const person = await visitor.arrivesSignedIn();
  await visitor.opens('/test-credits');
  return person;
}

test('there is a button for each call of the client', async ({ visitor, page }) => {
  await arrives(visitor);
  const shown = await page.locator('button[data-call]').evaluateAll((all) => all.map((one) => one.getAttribute('data-call')));
  expect(shown).toEqual(CALLS);
  for (const call of CALLS) {
    await expect(page.locator('.call').filter({ has: output(page, call) })).toContainText(`client.${call}(`);
  }
});

test('each button works on the wallet, and its figures follow', async ({ visitor, page }) => {
  const person = await arrives(visitor);
  expect(await runs<Wallet>(page, 'credits')).toEqual(await person.wallet());
  expect(await runs<boolean>(page, 'hasEnough')).toBe(true);
  await button(page, 'onCredits').click();
  expect((await printed<Wallet>(page, 'onCredits')).credits.remaining).toBe(8);
  await button(page, 'onState').click();
  await expect(button(page, 'onState')).toHaveAttribute('aria-pressed', 'true');

  const deducted = await runs<Wallet & { entry: Entry }>(page, 'deduct');
  expect(deducted.entry).toMatchObject({ kind: 'deduct', amount: -1 });
  await visitor.sees('credits-remaining', 7);
  await visitor.sees('credits-used', 1);
  const heard = async (call: string) => printed<Wallet & State>(page, call);
  await expect.poll(async () => (await heard('onCredits')).credits.remaining).toBe(7);
  await expect.poll(async () => (await heard('onState')).wallet?.credits.remaining).toBe(7);

  await button(page, 'onCredits').click();
  await expect(button(page, 'onCredits')).toHaveAttribute('aria-pressed', 'false');
  await runs(page, 'deduct');
  await visitor.sees('credits-remaining', 6);
  expect((await heard('onCredits')).credits.remaining, 'stopped').toBe(7);

  const bought = await runs<Checkout>(page, 'checkout');
  expect((await person.recharges())[0]).toMatchObject({ id: bought.recharge_id, status: 'pending' });
  const entries = await runs<Entry[]>(page, 'entries');
  expect(entries.map(({ amount }) => amount)).toEqual([-1, -1, 8]);
  expect(await runs<{ packs: unknown[] }>(page, 'catalog')).toHaveProperty('packs');
});

test('a try-on is followed to its end', async ({ visitor, page, sandbox }) => {
  const person = await arrives(visitor);
  await sandbox.nextJob('slow:1500');
  const started = await runs<Job>(page, 'tryOn');
  await visitor.sees('credits-remaining', 7);
  const ended = await runs<Job>(page, 'waitForJob', JOB_LIMIT_MS);
  expect(ended).toMatchObject({ id: started.id, state: 'succeeded' });
  await visitor.sees('credits-used', 1);
  expect(await runs<Job>(page, 'job')).toEqual(ended);
  expect(await runs<Job[]>(page, 'jobs')).toEqual([ended]);
  expect(await person.jobs()).toHaveLength(1);
});

test('what is refused is shown with its code', async ({ visitor, page, admin }) => {
  const person = await arrives(visitor);
  await admin.setsCredits(person, 0);
  await visitor.sees('credits-remaining', 0);
  // The browser writes the refusal into its console as well, which is none of the page's complaints.
  page.removeAllListeners('console');
  const error = await runs<AtelierError>(page, 'deduct');
  expect(error).toMatchObject({ code: 'insufficient_credits', status: 402, required: 1, remaining: 0 });
  await expect(output(page, 'deduct')).toHaveAttribute('data-failed');
});

test('a browser asks nobody but its own origin, as whoever is signed in', async ({ visitor, page, server }) => {
  await arrives(visitor);
  const tries = (options: object) =>
    page.evaluate(async (given) => {
      // The address is the server's, not one of this file.
      const { createAtelier } = await import(String('/atelier.js'));
      try {
        return String((await createAtelier(given).credits()).credits.remaining);
      } catch (error) {
        return String(error);
      }
    }, options);
  expect(await tries({})).toBe('8');
  expect(await tries({ url: server.url })).toBe('8');
  expect(await tries({ url: server.otherUrl })).toContain('can be asked');
  expect(await tries({ token: 'atl_made_up' })).toContain('a token stays on a server');
});

test('offline it waits, and heals when the line is back', async ({ visitor, page, context, admin }) => {
  const person = await arrives(visitor);
  await button(page, 'onCredits').click();
  await button(page, 'onState').click();
  const state = () => printed<State>(page, 'onState');
  await expect.poll(async () => (await state()).wallet?.credits.remaining).toBe(8);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await context.setOffline(true);
  await expect.poll(async () => (await state()).error?.code).toBe('network');
  await admin.setsCredits(person, 33);
  asked.length = 0;
  await context.setOffline(false);
  await expect.poll(async () => (await printed<Wallet>(page, 'onCredits')).credits.remaining).toBe(33);
  expect((await state()).error).toBeNull();
  expect(asked).toContain('/live');
});
