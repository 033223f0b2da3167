import type { CDPSession, Page, Response } from '@playwright/test';

import { isLive, opens } from './audit';
import { listen } from './fixtures';
import type { Look } from './pages.mjs';
import type { World } from './world.mjs';

/** What one opening of a page with an empty cache cost and did. */
export interface Opened {
  /** Over the wire with all headers, by kind, without pictures. */
  bytes: Record<string, number>;
  shift: number;
  complaints: string[];
  policy: string;
}

const PICTURES = ['Image', 'Media'];

/** Opens pages in a tab, and says what each opening cost and did. */
export class Scale {
  readonly #page: Page;
  readonly #session: CDPSession;
  #complaints: string[] = [];
  #policy = '';

  private constructor(page: Page, session: CDPSession) {
    [this.#page, this.#session] = [page, session];
    listen(page, { push: (...texts) => this.#complaints.push(...texts) });
    page.on('response', (response: Response) => {
      const isPage = response.request().isNavigationRequest();
      if (isPage) this.#policy = response.headers()['content-security-policy'] ?? '';
    });
  }

  static async under(page: Page): Promise<Scale> {
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    await page.addInitScript(noteShifts);
    return new Scale(page, session);
  }

  async opens(look: Look, world: World): Promise<Opened> {
    const page = this.#page;
    // What the page before still says is not this one's.
    await page.goto('about:blank');
    this.#complaints = [];
    await this.#session.send('Network.clearBrowserCache');
    const traffic = new Traffic(this.#session);
    await opens(page, look, world);
    if (await isLive(page)) await traffic.news;
    const bytes = traffic.withoutPictures();
    traffic.ends();
    await readsAgain(page);
    return { bytes, shift: await shifted(page), complaints: this.#complaints, policy: this.#policy };
  }
}

/** What came over the wire, by request. */
class Traffic {
  readonly #session: CDPSession;
  readonly #requests = new Map<string, { kind: string; bytes: number }>();
  /** A page that finds itself behind is read again: that comes after its opening. */
  readonly #later = new Set<string>();
  #stream = '';
  #heard = () => {};
  /** The first of the stream has come; it never ends, so it is counted as it comes. */
  readonly news = new Promise<void>((heard) => (this.#heard = heard));

  constructor(session: CDPSession) {
    this.#session = session;
    session.on('Network.requestWillBeSent', this.#asks);
    session.on('Network.responseReceived', this.#begins);
    session.on('Network.dataReceived', this.#goesOn);
    session.on('Network.loadingFinished', this.#ends);
  }

  ends(): void {
    this.#session.off('Network.requestWillBeSent', this.#asks);
    this.#session.off('Network.responseReceived', this.#begins);
    this.#session.off('Network.dataReceived', this.#goesOn);
    this.#session.off('Network.loadingFinished', this.#ends);
  }

  readonly #asks = ({ requestId, request }: Asked) => {
    if (request.headers['X-Live']) this.#later.add(requestId);
  };

  readonly #begins = ({ requestId, type, response }: Begun) => {
    if (!this.#later.has(requestId)) this.#requests.set(requestId, { kind: type, bytes: response.encodedDataLength });
    if (response.mimeType === 'text/event-stream') this.#stream = requestId;
  };

  readonly #goesOn = ({ requestId, encodedDataLength }: Weighed) => {
    const request = this.#requests.get(requestId);
    if (request) request.bytes += encodedDataLength;
    if (requestId === this.#stream) this.#heard();
  };

  readonly #ends = ({ requestId, encodedDataLength }: Weighed) => {
    const request = this.#requests.get(requestId);
    if (request) request.bytes = encodedDataLength;
  };

  withoutPictures(): Record<string, number> {
    const bytes: Record<string, number> = {};
    for (const { kind, bytes: more } of this.#requests.values()) {
      if (!PICTURES.includes(kind)) bytes[kind] = (bytes[kind] ?? 0) + more;
    }
    return bytes;
  }
}

interface Asked {
  requestId: string;
  request: { headers: Record<string, string> };
}

interface Begun {
  requestId: string;
  type: string;
  response: { encodedDataLength: number; mimeType: string };
}

interface Weighed {
  requestId: string;
  encodedDataLength: number;
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
