import type { Browser, BrowserContextOptions, CDPSession, Page } from '@playwright/test';

import { isLive, note, opens, test } from '../harness/audit';
import { expect, listen } from '../harness/fixtures';
import { FIRST_LOOKS, type Look } from '../harness/pages.mjs';
import type { World } from '../harness/world.mjs';

/** Of a page without its pictures, as it comes over the wire with all headers. */
const MOST_BYTES = 30_000;
const PICTURES = ['Image', 'Media'];

/** Both languages, themes and widths; the heavier of the two counts. */
const VIEWS: BrowserContextOptions[] = [
  { locale: 'en-US', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
];

/** What one opening of a page cost and did. */
interface Opened {
  bytes: Record<string, number>;
  shift: number;
  complaints: string[];
  policy: string;
}

for (const look of FIRST_LOOKS) {
  test(`${look.name} is light, stands still and breaks no rule of its own`, async ({ browser, world }, info) => {
    const opened: Opened[] = [];
    for (const view of VIEWS) opened.push(await opening(browser, view, look, world));
    const total = ({ bytes }: Opened) => Object.values(bytes).reduce((sum, each) => sum + each, 0);
    const heaviest = opened.reduce((one, other) => (total(other) > total(one) ? other : one));
    const { Document: document = 0, Stylesheet: style = 0, Script: script = 0 } = heaviest.bytes;
    const shift = Math.max(...opened.map(({ shift }) => shift));
    const complaints = opened.flatMap(({ complaints }) => complaints);
    note(info, 'weights', {
      page: look.name,
      document,
      style,
      script,
      other: total(heaviest) - document - style - script,
      'all bytes': total(heaviest),
      'layout shift': Number(shift.toFixed(4)),
      'console errors': complaints.length,
    });
    expect.soft(complaints, 'what the browser complained about').toEqual([]);
    for (const { policy } of opened) expect.soft(policy, 'the policy').toMatch(/^default-src 'none'; (?!.*unsafe)/);
    expect.soft(shift, 'nothing moves').toBe(0);
    expect.soft(total(heaviest), 'bytes without pictures').toBeLessThan(MOST_BYTES);
  });
}

/** One opening with an empty cache. */
async function opening(browser: Browser, view: BrowserContextOptions, look: Look, world: World): Promise<Opened> {
  const context = await browser.newContext(view);
  const page = await context.newPage();
  const complaints: string[] = [];
  listen(page, complaints);
  let policy = '';
  page.on('response', (response) => {
    const isPage = response.request().isNavigationRequest();
    if (isPage) policy = response.headers()['content-security-policy'] ?? '';
  });
  const traffic = await Traffic.of(await context.newCDPSession(page));
  await page.addInitScript(noteShifts);
  await opens(page, look, world);
  if (await isLive(page)) await traffic.news;
  const bytes = traffic.withoutPictures();
  await readsAgain(page);
  const shift = await shifted(page);
  await context.close();
  return { bytes, shift, complaints, policy };
}

/** What came over the wire, by request. */
class Traffic {
  readonly #requests = new Map<string, { kind: string; bytes: number }>();
  #heard = () => {};
  /** The first of the stream has come; it never ends, so it is counted as it comes. */
  readonly news = new Promise<void>((heard) => (this.#heard = heard));

  static async of(session: CDPSession): Promise<Traffic> {
    const traffic = new Traffic();
    const requests = traffic.#requests;
    let stream = '';
    // A page that finds itself behind is read again: that comes after its opening.
    const later = new Set<string>();
    session.on('Network.requestWillBeSent', ({ requestId, request }) => {
      if (request.headers['X-Live']) later.add(requestId);
    });
    session.on('Network.responseReceived', ({ requestId, type, response }) => {
      if (!later.has(requestId)) requests.set(requestId, { kind: type, bytes: response.encodedDataLength });
      if (response.mimeType === 'text/event-stream') stream = requestId;
    });
    session.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
      const request = requests.get(requestId);
      if (request) request.bytes += encodedDataLength;
      if (requestId === stream) traffic.#heard();
    });
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const request = requests.get(requestId);
      if (request) request.bytes = encodedDataLength;
    });
    await session.send('Network.enable');
    return traffic;
  }

  withoutPictures(): Record<string, number> {
    const bytes: Record<string, number> = {};
    for (const { kind, bytes: more } of this.#requests.values()) {
      if (!PICTURES.includes(kind)) bytes[kind] = (bytes[kind] ?? 0) + more;
    }
    return bytes;
  }
}

type Noting = typeof globalThis & { shifts: LayoutShift[] };
type LayoutShift = PerformanceEntry & { value: number; hadRecentInput: boolean };

function noteShifts(): void {
  const shifts: LayoutShift[] = [];
  Object.assign(globalThis, { shifts });
  const observer = new PerformanceObserver((list) => shifts.push(...(list.getEntries() as LayoutShift[])));
  observer.observe({ type: 'layout-shift', buffered: true });
}

/** A page that is told it may be behind takes itself over anew, and must not move by that either. */
async function readsAgain(page: Page): Promise<void> {
  if (!(await isLive(page))) return;
  const again = page.waitForResponse((response) => response.request().headers()['x-live'] === '1');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await (await again).finished();
}

/** All shifts until the page has been painted as it is now. */
function shifted(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    await painted();
    const { shifts } = globalThis as Noting;
    return shifts.reduce((sum, { value }) => sum + value, 0);
  });
}
