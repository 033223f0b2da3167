import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import * as library from '../../public/atelier.js';
import type { Atelier, AtelierError, Entry, Job, Options, State, Wallet } from '../../public/atelier.js';
import { Client } from '../harness/client';
import { PACK } from '../harness/contract';
import { expect, test as base } from '../harness/fixtures';
import type { Person } from '../harness/people';
import { garment, person as picture, SAMPLES } from '../harness/pictures';
import { holds, until } from '../harness/until';
import { Wire } from '../harness/wire';

const { createAtelier } = library;
const PUBLIC = resolve(import.meta.dirname, '../../public');
const EVERYTHING = ['credits:read', 'credits:spend', 'jobs'];
const MOST_GZIPPED = 8 * 1024;
const HEAL_LIMIT_MS = 10_000;

interface Given {
  token: string;
  wire: Wire;
  /** A client of the person, over the wire. */
  atelier: Atelier;
}

const test = base.extend<Given>({
  token: async ({ person }, use) => use(await mint(person, EVERYTHING)),
  wire: async ({ server }, use) => {
    const wire = await Wire.open(server);
    await use(wire);
    await wire.close();
  },
  atelier: async ({ wire, token }, use) => use(createAtelier({ url: wire.url, token })),
});

async function mint(person: Person, scopes: string[]): Promise<string> {
  const made = await person.client.post('/api/tokens', { name: 'a test', scopes });
  return made.being<{ secret: string }>(201).secret;
}

/** What a call failed by. */
async function failure(call: Promise<unknown>): Promise<AtelierError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(library.AtelierError);
  return error as AtelierError;
}

/** Listens, and keeps what was heard. */
function hears(atelier: Atelier): { heard: Wallet[]; stop: () => void; comes: (remaining: number) => Promise<Wallet> } {
  const heard: Wallet[] = [];
  const stop = atelier.onCredits((wallet) => heard.push(wallet));
  const comes = (remaining: number) =>
    until(`${remaining} credits are heard of`, HEAL_LIMIT_MS, async () =>
      heard.find(({ credits }) => credits.remaining === remaining),
    );
  return { heard, stop, comes };
}

test.describe('the file', () => {
  test('has the exports and members its types say, and no others', async () => {
    const exported: Record<keyof typeof library, true> = { AtelierError: true, createAtelier: true };
    expect(Object.keys(library).sort()).toEqual(Object.keys(exported).sort());
    const types = await readFile(join(PUBLIC, 'atelier.d.ts'), 'utf8');
    const declared = [...types.matchAll(/^export (?:class|function|const) (\w+)/gm)].map(([, name]) => name);
    expect(declared.sort()).toEqual(Object.keys(library).sort());

    const members: Record<keyof Atelier, true> = {
      credits: true,
      onCredits: true,
      hasEnough: true,
      deduct: true,
      checkout: true,
      tryOn: true,
      job: true,
      waitForJob: true,
      jobs: true,
      entries: true,
      catalog: true,
      state: true,
      onState: true,
    };
    const client = createAtelier({ url: 'http://127.0.0.1' });
    expect(Object.keys(client).sort()).toEqual(Object.keys(members).sort());

    const fields: Record<Exclude<keyof AtelierError, 'message' | 'stack' | 'cause'>, true> = {
      name: true,
      code: true,
      status: true,
      errors: true,
      required: true,
      remaining: true,
      buy_url: true,
      portal_url: true,
      reference: true,
      retryAfter: true,
    };
    const error = new library.AtelierError({ status: 404, code: 'not_found', title: 'No', detail: 'Not here.' });
    expect(Object.keys(error).sort()).toEqual(Object.keys(fields).sort());
  });

  test('is small, and imports nothing', async () => {
    const script = await readFile(join(PUBLIC, 'atelier.js'));
    expect(gzipSync(script).length).toBeLessThan(MOST_GZIPPED);
    expect(String(script)).not.toMatch(/^import /m);
  });

  for (const [path, media] of [
    ['/atelier.js', 'text/javascript'],
    ['/atelier.d.ts', 'text/plain'],
  ] as const) {
    test(`${path} is served to anyone, and again only when it changed`, async ({ server }) => {
      const anyone = new Client(server.url);
      const answer = await anyone.get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toContain(media);
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect(answer.text).toBe(await readFile(join(PUBLIC, path), 'utf8'));
      const tag = answer.headers.get('etag') ?? '';
      for (const known of [tag, tag.replace('W/', ''), `"other", ${tag}`, '*']) {
        const again = await anyone.get(path, { headers: { 'if-none-match': known } });
        expect(again.status, known).toBe(304);
        expect(again.headers.get('etag')).toBe(tag);
        expect(again.bytes).toHaveLength(0);
      }
      expect((await anyone.get(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    });
  }

  test('needs to know where Atelier is, outside of browsers', () => {
    expect(() => createAtelier()).toThrow(TypeError);
    expect(() => createAtelier({ url: 'not an address' })).toThrow(TypeError);
  });
});

test.describe('each call', () => {
  test('reads the wallet as it is now', async ({ atelier, person, admin }) => {
    expect(await atelier.credits()).toEqual(await person.wallet());
    await admin.setsCredits(person, 3);
    expect((await atelier.credits()).credits.remaining).toBe(3);
  });

  test('knows whether there is enough, of what is unlimited too', async ({ atelier, person, admin, server, token }) => {
    expect(await atelier.hasEnough('try_on')).toBe(true);
    expect(await atelier.hasEnough('video')).toBe(false);
    await admin.setsCredits(person, 10);
    expect(await atelier.hasEnough('video')).toBe(true);
    const unlimited = { ...(await person.wallet()), remaining_uses: { try_on: null, video: 0 } };
    const onPlan = createAtelier({ url: server.url, token, fetch: async () => Response.json(unlimited) });
    expect(await onPlan.hasEnough('try_on')).toBe(true);
    await expect(atelier.hasEnough('painting' as 'video')).rejects.toThrow(TypeError);
  });

  test('deducts, and says by which entry', async ({ atelier, person }) => {
    const { entry, ...wallet } = await atelier.deduct(2, 'two pages');
    expect(entry).toMatchObject({ kind: 'deduct', amount: -2, balance_after: 6, reason: 'two pages' });
    expect(wallet).toEqual(await person.wallet());
  });

  test('begins a purchase that can be paid', async ({ atelier, person, sandbox }) => {
    const bought = await atelier.checkout(PACK.item);
    expect(new URL(bought.url).pathname).toContain(bought.session_id);
    await person.client.get(await sandbox.pays(bought.session_id));
    expect((await atelier.credits()).credits.remaining).toBe(18);
    const topUp = await atelier.checkout({ item: 'top-up', amount: 10 }, { provider: 'stripe' });
    const [record] = await person.recharges();
    expect(record).toMatchObject({ id: topUp.recharge_id, item: 'top-up', amount_minor: 1000, provider: 'stripe' });
    await expect(atelier.checkout(PACK.item, { provider: 'creem' })).resolves.toHaveProperty('url');
  });

  test('tries on, waits for the end, and finds the job again', async ({ atelier, person }) => {
    const started = await atelier.tryOn({ person: picture().bytes, garment: new Blob([garment().bytes]), category: 'tops' });
    expect(started).toMatchObject({ tool: 'try_on', paid_by: 'credits', cost: 1 });
    const ended = await atelier.waitForJob(started);
    expect(ended.state).toBe('succeeded');
    expect(await atelier.job(started.id)).toEqual(ended);
    // One that has ended already is answered at once.
    expect(await atelier.waitForJob(started.id)).toEqual(ended);
    expect(await collect(atelier.jobs({ tool: 'try_on', state: 'succeeded' }))).toEqual([ended]);
    expect(await collect(atelier.jobs({ tool: 'video' }))).toEqual([]);
    expect((await person.wallet()).credits.used).toBe(1);
  });

  test('reads the whole statement, over its pages', async ({ atelier, person, admin, wire }) => {
    const add = { action: 'add', amount: 1, reason: 'one of many', user_id: person.id };
    await Promise.all(Array.from({ length: 101 }, () => admin.client.post('/api/credits', add)));
    const entries: Entry[] = await collect(atelier.entries());
    expect(entries.reverse()).toEqual(await person.entries());
    expect(entries).toHaveLength(102);
    const before = wire.carried.length;
    for await (const entry of atelier.entries({ kind: 'grant' })) {
      expect(entry.kind).toBe('grant');
      break;
    }
    expect(wire.carried.length - before, 'no page is read that nobody wants').toBe(1);
    expect(await collect(atelier.entries({ from: '2999-01-01' }))).toEqual([]);
  });

  test('reads the prices', async ({ atelier, server }) => {
    const catalog = await atelier.catalog();
    expect(catalog).toEqual((await new Client(server.url).get('/api/catalog')).being(200));
    expect(catalog.packs.map(({ id }) => id)).toContain(PACK.item);
  });
});

test.describe('errors', () => {
  test('say what is missing and where to buy it', async ({ atelier, wire }) => {
    const error = await failure(atelier.deduct(9, 'too much'));
    expect(error).toMatchObject({ code: 'insufficient_credits', status: 402, required: 9, remaining: 8 });
    expect(error.buy_url).toBe('/payments');
    expect(error.message).toBe('No remaining quota. Please purchase a Credits Pack.');
    expect(wire.of('/api/credits'), 'a refusal is not tried again').toHaveLength(1);
  });

  test('name each bad field', async ({ atelier }) => {
    const error = await failure(atelier.deduct(0, ''));
    expect(error).toMatchObject({ code: 'validation', status: 422 });
    expect(Object.keys(error.errors)).toContain('reason');
    expect(await failure(atelier.checkout('nothing we sell'))).toMatchObject({ errors: { item: expect.any(String) } });
  });

  test('have the code of the API, whatever is asked', async ({ atelier, server, person }) => {
    expect(await failure(atelier.job('nothing'))).toMatchObject({ code: 'not_found', status: 404 });
    expect(await failure(atelier.waitForJob('nothing'))).toMatchObject({ code: 'not_found' });
    const text = new TextEncoder().encode('no picture');
    const badPicture = atelier.tryOn({ person: text, garment: garment().bytes });
    expect(await failure(badPicture)).toMatchObject({ code: 'unsupported_media', status: 415 });
    const stranger = createAtelier({ url: server.url });
    expect(await failure(stranger.credits())).toMatchObject({ code: 'unauthenticated', status: 401 });
    const reader = createAtelier({ url: server.url, token: await mint(person, ['credits:read']) });
    expect(await failure(reader.deduct(1, 'no right'))).toMatchObject({ code: 'forbidden', status: 403 });
  });

  test('tell an answer that is none of Atelier’s', async ({ atelier, wire, person }) => {
    wire.next('/api/credits', { status: 200, body: '<p>Welcome to our network' });
    expect(await failure(atelier.credits())).toMatchObject({ code: 'unexpected', status: 200 });
    // Followed, it would be a GET that succeeds, and nothing deducted.
    wire.next('/api/credits', { status: 301, headers: { location: '/api/credits' } });
    expect(await failure(atelier.deduct(1, 'elsewhere'))).toMatchObject({ code: 'unexpected', status: 301 });
    expect(await person.remaining()).toBe(8);
  });
});

test.describe('trying again', () => {
  test('after a lost answer what was done is done once', async ({ atelier, wire, person }) => {
    wire.next('/api/credits', 'lost', 'lost');
    const { entry } = await atelier.deduct(3, 'once');
    expect(entry.amount).toBe(-3);
    expect(await person.remaining()).toBe(5);
    const keys = wire.of('/api/credits').map(({ key }) => key);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size, 'the same key each time').toBe(1);
    expect(keys[0]).toBeTruthy();

    await atelier.deduct(3, 'once');
    expect(await person.remaining(), 'the same wish a second time is another').toBe(2);
  });

  test('one job and one purchase come of a lost answer', async ({ atelier, wire, person }) => {
    wire.next('/api/try-on', 'lost');
    const job = await atelier.tryOn({ person: picture().bytes, garment: garment().bytes });
    expect((await person.jobs()).map(({ id }) => id)).toEqual([job.id]);
    await atelier.waitForJob(job);
    wire.next('/api/checkout', 'lost');
    const { recharge_id } = await atelier.checkout(PACK.item);
    expect((await person.recharges()).map(({ id }) => id)).toEqual([recharge_id]);
  });

  test('a key of one’s own is the same wish, later too', async ({ atelier, person, server, token }) => {
    const key = 'order 7';
    const first = await atelier.deduct(1, 'an order', { key });
    const later = createAtelier({ url: server.url, token });
    expect(await later.deduct(1, 'an order', { key })).toEqual(first);
    expect(await failure(later.deduct(2, 'an order', { key }))).toMatchObject({ code: 'idempotency_mismatch' });
    expect(await person.remaining()).toBe(7);
  });

  for (const [what, status, headers] of [
    ['a proxy without a server', 502, {}],
    ['a server that is away', 503, { 'retry-after': '1' }],
    ['a proxy that waited too long', 504, {}],
    ['too many calls', 429, { 'retry-after': '1' }],
    ['the same key in flight', 409, { 'retry-after': '1' }],
  ] as const) {
    test(`${what} (${status}) passes, not before the server wants to be asked`, async ({ atelier, wire, person }) => {
      wire.next('/api/credits', { status, headers });
      const begun = Date.now();
      await atelier.deduct(1, 'in a moment');
      if ('retry-after' in headers) expect(Date.now() - begun).toBeGreaterThanOrEqual(1000);
      const keys = wire.of('/api/credits').map(({ key }) => key);
      expect(keys).toHaveLength(2);
      expect(keys[0]).toBe(keys[1]);
      expect(await person.remaining()).toBe(7);
    });
  }

  test('any other conflict is a refusal', async ({ atelier, wire }) => {
    const body = JSON.stringify({ status: 409, title: 'Conflict', detail: 'It is so.', code: 'conflict' });
    wire.next('/api/checkout', { status: 409, headers: { 'content-type': 'application/problem+json' }, body });
    expect(await failure(atelier.checkout('premium-monthly'))).toMatchObject({ code: 'conflict', status: 409 });
    expect(wire.of('/api/checkout')).toHaveLength(1);
  });

  test('it is bounded, in number and in time', async ({ wire, token }) => {
    const client = (bounds: Options) => createAtelier({ url: wire.url, token, ...bounds });
    wire.always('/api/credits', 'lost');
    expect(await failure(client({ attempts: 3 }).credits())).toMatchObject({ code: 'network', status: 0 });
    expect(wire.of('/api/credits')).toHaveLength(3);
    wire.always('/api/catalog', { status: 503, headers: { 'retry-after': '60' } });
    const error = await failure(client({ totalMs: 5_000 }).catalog());
    expect(error).toMatchObject({ code: 'unexpected', status: 503, retryAfter: 60 });
    expect(wire.of('/api/catalog')).toHaveLength(1);
  });

  test('it ends with its signal, for the signal’s reason', async ({ atelier, wire }) => {
    wire.always('/api/credits', { status: 503, headers: { 'retry-after': '30' } });
    const stop = new AbortController();
    const call = atelier.credits({ signal: stop.signal });
    await until('it was tried once', 5_000, async () => wire.of('/api/credits')[0]);
    stop.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    await expect(atelier.deduct(1, 'x', { signal: stop.signal })).rejects.toThrow('enough');
    await expect(atelier.waitForJob('x', { signal: stop.signal })).rejects.toThrow('enough');
    expect(wire.of('/api/credits')).toHaveLength(1);
    expect(atelier.state).toMatchObject({ loading: false, error: null });
  });
});

test.describe('hearing of changes', () => {
  test('the wallet comes at once, then each change as it is made', async ({ atelier, person, admin, wire }) => {
    const ear = hears(atelier);
    expect(await ear.comes(8)).toEqual(await person.wallet());
    await admin.setsCredits(person, 12);
    await ear.comes(12);
    await person.deducts(1);
    await ear.comes(11);
    const late = hears(atelier);
    await late.comes(11);
    expect(wire.of('/live'), 'one stream however many listen').toHaveLength(1);
    ear.stop();
    await admin.setsCredits(person, 2);
    await late.comes(2);
    expect(ear.heard.map(({ credits }) => credits.remaining)).toEqual([8, 12, 11]);
    late.stop();
    await wire.streams(0);
  });

  test('a cut line heals, and what happened meanwhile arrives', async ({ atelier, person, admin, wire }) => {
    const ear = hears(atelier);
    await ear.comes(8);
    wire.down();
    await admin.setsCredits(person, 20);
    await until('that it is lost is said', HEAL_LIMIT_MS, async () => atelier.state.error ?? undefined);
    expect(atelier.state.error).toMatchObject({ code: 'network' });
    wire.up();
    await ear.comes(20);
    expect(atelier.state.error).toBeNull();
    const ups = ear.heard.map(({ version }) => version);
    expect(ups).toEqual([...new Set(ups)].sort((a, b) => a - b));
    ear.stop();
  });

  for (const mishap of [
    { status: 502 },
    { status: 503, headers: { 'retry-after': '1' } },
    { status: 404 },
    { status: 500 },
    { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>Welcome to our network' },
  ]) {
    test(`a stream that is answered by ${mishap.status} ${mishap.body ?? ''} is opened again`, async ({ atelier, wire }) => {
      wire.next('/live', mishap);
      const ear = hears(atelier);
      await ear.comes(8);
      expect(wire.of('/live')).toHaveLength(2);
      ear.stop();
    });
  }

  test('it heals after the server was away', async ({ home }) => {
    const before = await home.serve();
    const minted = await home.run(['token', 'create', '--email', 'demo@example.com', '--scopes', 'credits:read']);
    const token = /\batl_\S+/.exec(minted.stdout)?.[0] ?? '';
    const ear = hears(createAtelier({ url: before.url, token }));
    await ear.comes(8);
    await before.stop();
    await home.run(['credits', 'add', '--email', 'demo@example.com', '--amount', '5', '--reason', 'meanwhile']);
    await home.serve();
    await ear.comes(13);
    ear.stop();
  });

  test('an older wallet is never called back with', async ({ person, server, token }) => {
    const now = await person.wallet();
    const versions = [5, 3, 6, 6, 4, 7];
    const events = versions.map((version) => `event: credits\ndata: ${JSON.stringify({ ...now, version })}\n\n`);
    const stale = { ...now, version: 2, entry: {} };
    const atelier = createAtelier({
      url: server.url,
      token,
      fetch: async (to) => {
        if (!String(to).endsWith('/live')) return Response.json(stale);
        return new Response(events.join(''), { headers: { 'content-type': 'text/event-stream' } });
      },
    });
    const { heard, stop } = hears(atelier);
    await until('the newest is heard of', HEAL_LIMIT_MS, async () => heard.find(({ version }) => version === 7));
    // An answer that is given again may be older than what was heard since.
    expect((await atelier.deduct(1, 'again')).version).toBe(2);
    expect(heard.map(({ version }) => version)).toEqual([5, 6, 7]);
    expect(atelier.state.wallet?.version).toBe(7);
    stop();
  });

  test('it ends when the token does, and says so', async ({ atelier, person, wire }) => {
    const ear = hears(atelier);
    await ear.comes(8);
    const { items } = (await person.client.get('/api/tokens')).being<{ items: { id: string }[] }>(200);
    for (const { id } of items) await person.client.delete(`/api/tokens/${id}`);
    wire.down();
    wire.up();
    await until('it is said', HEAL_LIMIT_MS, async () => atelier.state.error ?? undefined);
    expect(atelier.state).toMatchObject({ loading: false, error: { code: 'unauthenticated', status: 401 } });
    const asked = wire.of('/live').length;
    await holds(2_000, async () => expect(wire.of('/live')).toHaveLength(asked));
    ear.stop();
  });

  test('a token that may not read credits is told so', async ({ person, wire, server }) => {
    for (const scope of ['jobs', 'credits:spend']) {
      const atelier = createAtelier({ url: wire.url, token: await mint(person, [scope]) });
      const { heard, stop } = hears(atelier);
      if (scope === 'jobs') await person.asksForTryOn();
      await until('it is said', 20_000, async () => atelier.state.error ?? undefined);
      expect(atelier.state).toMatchObject({ loading: false, error: { code: 'forbidden', status: 403 } });
      expect(heard).toEqual([]);
      stop();
    }
    expect(server.log).not.toContain('panicked');
  });

  test('a signal ends it', async ({ atelier, wire }) => {
    const stop = new AbortController();
    const heard: Wallet[] = [];
    atelier.onCredits((wallet) => heard.push(wallet), { signal: stop.signal });
    await until('it is heard of', HEAL_LIMIT_MS, async () => heard[0]);
    stop.abort();
    await wire.streams(0);
    atelier.onCredits((wallet) => heard.push(wallet), { signal: stop.signal });
    expect(atelier.state.loading).toBe(false);
    expect(heard).toHaveLength(1);
  });
});

test.describe('waiting for a job', () => {
  const pictures = () => ({ person: picture().bytes, garment: garment().bytes });

  test('is told by the stream, not by asking', async ({ atelier, sandbox, wire }) => {
    await sandbox.nextJob('slow:7000');
    const { id } = await atelier.tryOn(pictures());
    expect((await atelier.waitForJob(id)).state).toBe('succeeded');
    // At the beginning, and when the stream is open.
    expect(wire.of(`/api/jobs/${id}`).length).toBeLessThanOrEqual(2);
    await wire.streams(0);
  });

  test('a job that failed is an answer', async ({ atelier, sandbox, person }) => {
    await sandbox.nextJob('fail:PoseError');
    const job: Job = await atelier.waitForJob(await atelier.tryOn(pictures()));
    expect(job).toMatchObject({ state: 'failed', error: { code: 'no_pose' } });
    expect(await person.remaining()).toBe(8);
  });

  test('it is not missed while the line is cut', async ({ atelier, sandbox, wire, person }) => {
    await sandbox.nextJob('slow:1000');
    const { id } = await atelier.tryOn(pictures());
    const end = atelier.waitForJob(id);
    await wire.streams(1);
    wire.down();
    await person.finished(id);
    wire.up();
    expect((await end).state).toBe('succeeded');
  });

  test('where there is no stream it asks', async ({ atelier, sandbox, wire }) => {
    wire.always('/live', { status: 503, headers: { 'retry-after': '30' } });
    await sandbox.nextJob('slow:1000');
    const { id } = await atelier.tryOn(pictures());
    expect((await atelier.waitForJob(id)).state).toBe('succeeded');
    expect(wire.of(`/api/jobs/${id}`).length).toBeGreaterThan(1);
  });
});

test.describe('the state', () => {
  test('is the same object until something changed', async ({ atelier, person, admin }) => {
    const states: State[] = [atelier.state];
    const stop = atelier.onState(() => states.push(atelier.state));
    await until('the wallet is there', HEAL_LIMIT_MS, async () => atelier.state.wallet ?? undefined);
    expect(states[0]).toEqual({ loading: false, error: null, wallet: null });
    expect(states[1]).toEqual({ loading: true, error: null, wallet: null });
    expect(states.at(-1)).toEqual({ loading: false, error: null, wallet: await person.wallet() });
    states.slice(1).forEach((state, i) => expect(state, 'nobody is told of nothing').not.toEqual(states[i]));
    const before = atelier.state;
    expect(atelier.state).toBe(before);
    expect(Object.isFrozen(before)).toBe(true);
    await admin.setsCredits(person, 30);
    await until('it is live', HEAL_LIMIT_MS, async () => atelier.state.wallet?.credits.remaining === 30 || undefined);
    expect(atelier.state).not.toBe(before);
    stop();
    const told = states.length;
    await atelier.credits();
    expect(states).toHaveLength(told);
  });

  test('whoever has stopped is told nothing more, not even what is on its way', async ({ atelier }) => {
    const told: State[] = [];
    const stop = atelier.onState(() => atelier.state.wallet && stopOther());
    const stopOther = atelier.onState(() => told.push(atelier.state));
    await until('the wallet is there', HEAL_LIMIT_MS, async () => atelier.state.wallet ?? undefined);
    expect(told.filter(({ wallet }) => wallet)).toEqual([]);
    stop();
  });

  test('has what the last call failed by, until the next', async ({ atelier }) => {
    const error = await failure(atelier.deduct(9, 'too much'));
    expect(atelier.state).toEqual({ loading: false, error, wallet: null });
    const call = atelier.credits();
    expect(atelier.state).toMatchObject({ loading: true, error: null });
    await call;
    expect(atelier.state).toMatchObject({ loading: false, error: null, wallet: { credits: { remaining: 8 } } });
  });

  test('what a callback throws ends nothing', async ({ server, token }) => {
    // Thrown past everybody, it ends the process, as it should; here it is caught by one of its own.
    const script = `
      import { createAtelier } from ${JSON.stringify(join(PUBLIC, 'atelier.js'))};
      process.on('uncaughtException', ({ message }) => console.log(message));
      const atelier = createAtelier({ url: ${JSON.stringify(server.url)}, token: ${JSON.stringify(token)} });
      const stop = atelier.onCredits(({ credits }) => {
        if (credits.remaining === 7) stop();
        throw new Error('at ' + credits.remaining);
      });
      atelier.onCredits(() => setTimeout(() => atelier.deduct(1, 'on'), 0), { signal: AbortSignal.timeout(1500) });
    `;
    const said = await run('node', ['--input-type=module', '--eval', script]);
    expect(said.stdout.trim().split('\n').slice(0, 2)).toEqual(['at 8', 'at 7']);
  });
});

const run = promisify(execFile);

test.describe('docs/client.md', () => {
  const examples = async () => {
    const page = await readFile(resolve(PUBLIC, '../docs/client.md'), 'utf8');
    const blocks = [...page.matchAll(/^```js (\S+)\n([\s\S]*?)^```$/gm)];
    return new Map(blocks.map(([, name = '', code = '']) => [name, code]));
  };

  /** A package of somebody's own, with the client and the examples in it. */
  const packed = base.extend<{ folder: string }>({
    folder: async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'atelier-client-'));
      await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
      await copyFile(join(PUBLIC, 'atelier.js'), join(folder, 'atelier.js'));
      for (const [name, code] of await examples()) await writeFile(join(folder, name), code);
      await copyFile(SAMPLES.person, join(folder, 'person.jpg'));
      await copyFile(SAMPLES.garment, join(folder, 'garment.png'));
      await use(folder);
      await rm(folder, { recursive: true, force: true });
    },
  });

  const runs = async (folder: string, name: string, url: string, person: Person) => {
    const env = { PATH: process.env['PATH'], ATELIER_URL: url, ATELIER_TOKEN: await mint(person, EVERYTHING) };
    return (await run('node', [name], { cwd: folder, env })).stdout.trim();
  };

  packed('every example there is has its test', async () => {
    expect([...(await examples()).keys()]).toEqual([
      'browser.js',
      'spend.js',
      'try-on.js',
      'statement.js',
      'use-atelier.js',
    ]);
  });

  packed('spends, and says what is missing', async ({ folder, server, person, admin }) => {
    expect(await runs(folder, 'spend.js', server.url, person)).toBe('2 spent, 6 left');
    await admin.setsCredits(person, 1);
    expect(await runs(folder, 'spend.js', server.url, person)).toBe('2 needed, 1 there: /payments');
  });

  packed('tries on', async ({ folder, server, person }) => {
    expect(await runs(folder, 'try-on.js', server.url, person)).toBe('succeeded, paid by credits');
    expect((await readFile(join(folder, 'result'))).length).toBeGreaterThan(1000);
  });

  packed('reads the statement', async ({ folder, server, person }) => {
    await person.deducts(3);
    expect(await runs(folder, 'statement.js', server.url, person)).toBe('deduct -3 5\ngrant 8 8');
  });

  packed('follows in a browser', async ({ server, person, admin, page, context }) => {
    const cookies = [...person.client.cookies].map(([name, value]) => ({ name, value, url: server.url }));
    await context.addCookies(cookies);
    const body = '<!doctype html><p id="credits"></p><script type="module" src="/browser.js"></script>';
    await page.route('**/example', (route) => route.fulfill({ contentType: 'text/html', body }));
    const code = (await examples()).get('browser.js') ?? '';
    await page.route('**/browser.js', (route) => route.fulfill({ contentType: 'text/javascript', body: code }));
    await page.goto('/example');
    await expect(page.locator('#credits')).toHaveText('8');
    await admin.setsCredits(person, 42);
    await expect(page.locator('#credits')).toHaveText('42');
  });

  /** `useSyncExternalStore` outside of React: it holds a store to the same rules. */
  const REACT = `
    export function useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot) {
      const seen = [getServerSnapshot(), getSnapshot()];
      if (getSnapshot() !== getSnapshot()) throw new Error('the snapshot should be cached');
      const stop = subscribe(() => {
        if (getSnapshot() === seen.at(-1)) return;
        seen.push(getSnapshot());
        const { wallet } = getSnapshot();
        if (!wallet) return;
        console.log(wallet.credits.remaining);
        stop();
      });
      return seen[0];
    }
  `;

  packed('is a store as React wants it', async ({ folder, server, person }) => {
    await mkdir(join(folder, 'node_modules/react'), { recursive: true });
    await writeFile(join(folder, 'node_modules/react/package.json'), '{"type":"module","exports":"./index.js"}');
    await writeFile(join(folder, 'node_modules/react/index.js'), REACT);
    // The hook is for a page; outside of one the client has to be told where Atelier is.
    const token = await mint(person, EVERYTHING);
    const hook = await readFile(join(folder, 'use-atelier.js'), 'utf8');
    const told = `createAtelier(${JSON.stringify({ url: server.url, token })})`;
    await writeFile(join(folder, 'use-atelier.js'), hook.replace('createAtelier()', told));
    await writeFile(join(folder, 'component.js'), 'import { useAtelier } from "./use-atelier.js"; useAtelier();');
    const said = await run('node', ['component.js'], { cwd: folder, env: { PATH: process.env['PATH'] } });
    expect(said.stdout.trim()).toBe('8');
  });
});

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
