import type { Page, TestInfo } from '@playwright/test';

import { test as base } from './fixtures';
import { addressOf, cookiesOf, type Look } from './pages.mjs';
import { World } from './world.mjs';

interface AuditFixtures {
  /** The people of this worker's server, made as they are needed. */
  world: World;
}

export const test = base.extend<object, AuditFixtures>({
  world: [async ({ sharedServer }, use) => use(new World(sharedServer.url)), { scope: 'worker' }],
});

/** The script that makes pages live. */
export const LIVE_SCRIPT = /\/assets\/live\.[^/]*js$/;

const LONGEST_WAIT_MS = 15_000;

/** Opens a page as whoever looks at it; answers when it is loaded, and listens if it is one that does. */
export async function opens(page: Page, look: Look, world: World): Promise<void> {
  const [address, cookies] = [await addressOf(look, world), await cookiesOf(look, world)];
  // The page before would see that its reader has changed, and load itself again in our way.
  await page.goto('about:blank');
  await page.context().clearCookies();
  await page.context().addCookies(cookies);
  const listens = page.waitForResponse((response) => new URL(response.url()).pathname === '/live', {
    timeout: LONGEST_WAIT_MS,
  });
  // Whether anybody waits for it is known later.
  listens.catch(() => {});
  await page.goto(address);
  if (await isLive(page)) await listens;
}

/** Does what is done on a page before it is looked at; answers when the page that leads to is loaded, with its style. */
export async function acts(page: Page, look: Look, world: World, scripted: boolean): Promise<void> {
  await look.then?.(page, world, scripted);
  await page.waitForLoadState();
}

/** Whether the page is to listen, and has the script that does. */
export function isLive(page: Page): Promise<boolean> {
  return page.evaluate((pattern) => {
    const loaded = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    const script = loaded.find(({ name }) => new RegExp(pattern).test(name));
    return document.documentElement.dataset['live'] === 'on' && (script?.decodedBodySize ?? 0) > 0;
  }, LIVE_SCRIPT.source);
}

/** Rules of the test's own, in which the page's policy has no say. */
export function restyles(page: Page, rules: string): Promise<void> {
  return page.evaluate((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets.push(sheet);
  }, rules);
}

export type Row = Record<string, string | number>;

/** A line of a table that is printed after the last test (`tables.ts`). */
export function note(info: TestInfo, table: string, row: Row): void {
  info.annotations.push({ type: `table:${table}`, description: JSON.stringify(row) });
}
