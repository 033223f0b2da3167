import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { type Browser, chromium, type LaunchOptions } from '@playwright/test';
import lighthouse, { type Result } from 'lighthouse';

import { note, test as base } from '../harness/audit';
import { expect } from '../harness/fixtures';
import { addressOf, cookiesOf, type Look, LOOKS } from '../harness/pages.mjs';
import type { World } from '../harness/world.mjs';

const RUNS = 5;
const LEAST_PERFORMANCE = 95;
const PAGES = ['home', 'dashboard', 'payments', 'try-on'];
/** Only pages that strangers see are there to be found. */
const FOUND = ['home'];
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'] as const;
const METRICS = {
  FCP: 'first-contentful-paint',
  LCP: 'largest-contentful-paint',
  TBT: 'total-blocking-time',
  SI: 'speed-index',
} as const;

/** Lighthouse takes the stream of news, which never ends, for a page that still loads. */
const LONGEST_LOAD_MS = 4_000;

interface Tower {
  browser: Browser;
  port: number;
}

/** A browser of its own, which Lighthouse steers by its port, and which knows no way out of this machine. */
const test = base.extend<object, { tower: Tower }>({
  tower: [
    async ({ launchOptions }, use) => {
      const port = await freePort();
      const alone = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost';
      const args = [...((launchOptions as LaunchOptions).args ?? []), `--remote-debugging-port=${port}`, alone];
      const browser = await chromium.launch({ ...launchOptions, args });
      await use({ browser, port });
      await browser.close();
    },
    { scope: 'worker' },
  ],
});

for (const name of PAGES) {
  test(`${name} has the scores it should have`, async ({ tower, world }, info) => {
    const results: Result[] = [];
    while (results.length < RUNS) results.push(await scored(tower, lookOf(name), world));
    const scores = Object.fromEntries(
      CATEGORIES.map((category) => [category, median(results.map((result) => scoreOf(result, category)))]),
    );
    const times = Object.entries(METRICS).map(([short, audit]) => {
      const time = median(results.map(({ audits }) => audits[audit]?.numericValue ?? NaN));
      return [`${short} ms`, Math.round(time)];
    });
    const runs = results.map((result) => scoreOf(result, 'performance')).join(' ');
    note(info, 'lighthouse', { page: name, ...scores, runs, ...Object.fromEntries(times) });

    expect.soft(scores['performance'], 'performance').toBeGreaterThanOrEqual(LEAST_PERFORMANCE);
    const perfect = CATEGORIES.filter((each) => each !== 'performance' && (each !== 'seo' || FOUND.includes(name)));
    for (const category of perfect) {
      expect.soft(scores[category], `${category}: ${lacks(results, category)}`).toBe(100);
    }
  });
}

/** One run as Lighthouse runs by itself: a phone, its throttling simulated. */
async function scored({ browser, port }: Tower, look: Look, world: World): Promise<Result> {
  const address = await addressOf(look, world);
  // Lighthouse opens its page where no context of ours is.
  const session = await browser.newBrowserCDPSession();
  await session.send('Storage.clearCookies');
  // Where the script has never run, a page with a running job reads itself again, in the middle of the measuring.
  const scripted = { name: 'script', value: 'on', url: address };
  await session.send('Storage.setCookies', { cookies: [...(await cookiesOf(look, world)), scripted] });
  await session.detach();
  const ran = await lighthouse(address, {
    port,
    logLevel: 'error',
    output: 'json',
    onlyCategories: [...CATEGORIES],
    maxWaitForLoad: LONGEST_LOAD_MS,
  });
  const result = ran?.lhr;
  if (!result) throw new Error('Lighthouse has nothing to say');
  expect(result.runtimeError, JSON.stringify(result.runtimeError)).toBeUndefined();
  // Nobody was sent to sign in first.
  expect(new URL(result.finalDisplayedUrl).pathname).toBe(new URL(address).pathname);
  expect(result.configSettings).toMatchObject({ formFactor: 'mobile', throttlingMethod: 'simulate' });
  return result;
}

function lookOf(name: string): Look {
  const look = LOOKS.find((each) => each.name === name);
  if (!look) throw new Error(`nothing is called ${name}`);
  return look;
}

/** Of a hundred. */
function scoreOf({ categories }: Result, category: string): number {
  return Math.round((categories[category]?.score ?? 0) * 100);
}

function median(numbers: number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** What keeps a category from being perfect, in any run. */
function lacks(results: Result[], category: string): string {
  const lacking = results.flatMap(({ categories, audits }) =>
    (categories[category]?.auditRefs ?? [])
      .filter(({ weight, id }) => weight > 0 && (audits[id]?.score ?? 1) < 1)
      .map(({ id }) => `${id} ${JSON.stringify(audits[id]?.details ?? {}).slice(0, 500)}`),
  );
  return [...new Set(lacking)].join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
