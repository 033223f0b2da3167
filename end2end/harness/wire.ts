import { once } from 'node:events';
import { createServer, type IncomingMessage, request as ask, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { bodyOf } from './receiver';
import type { Server } from './server';
import { until } from './until';

/** One request that came over the wire. */
export interface Carried {
  method: string;
  path: string;
  key: string | undefined;
}

/** What becomes of one request: its answer is lost on the way back, or somebody between gives another. */
type Mishap = 'lost' | { status: number; headers?: Record<string, string>; body?: string };

/** The network between a client and the server, as bad as a test wants it. */
export class Wire {
  readonly carried: Carried[] = [];
  /** Open streams. */
  readonly #streams = new Set<ServerResponse>();
  readonly #mishaps: { path: string; mishap: Mishap }[] = [];
  #down = false;

  private constructor(
    readonly url: string,
    readonly server: HttpServer,
  ) {}

  static async open(to: Server): Promise<Wire> {
    const server = createServer((request, response) => void wire.#carry(to, request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const wire = new Wire(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    return wire;
  }

  /** What becomes of the next requests of this path, one each. */
  next(path: string, ...mishaps: Mishap[]): void {
    this.#mishaps.push(...mishaps.map((mishap) => ({ path, mishap })));
  }

  /** What becomes of all requests of this path from now on. */
  always(path: string, mishap: Mishap): void {
    this.next(path, ...Array<Mishap>(1000).fill(mishap));
  }

  /** Everything open is cut, and nothing new gets through until it is up again. */
  down(): void {
    this.#down = true;
    this.server.closeAllConnections();
  }

  up(): void {
    this.#down = false;
  }

  of(path: string): Carried[] {
    return this.carried.filter((each) => each.path === path);
  }

  /** Waits until so many streams are open. */
  streams(count: number): Promise<true> {
    return until(`${count} streams are open`, 10_000, async () => this.#streams.size === count || undefined);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
  }

  async #carry(to: Server, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#down) return void request.socket.destroy();
    const { method = 'GET', url: path = '/', headers } = request;
    this.carried.push({ method, path, key: headers['idempotency-key']?.toString() });
    const at = this.#mishaps.findIndex((each) => each.path === path);
    const mishap = at < 0 ? undefined : this.#mishaps.splice(at, 1)[0]?.mishap;
    const body = await bodyOf(request);
    if (mishap && mishap !== 'lost') {
      response.writeHead(mishap.status, mishap.headers).end(mishap.body);
      return;
    }
    const onward = ask(new URL(path, to.url), { method, headers });
    response.once('close', () => onward.destroy());
    onward.on('error', () => response.destroy());
    onward.on('response', (answer) => {
      answer.on('error', () => response.destroy());
      // The server has done its work; nobody comes to know.
      if (mishap === 'lost') return void answer.resume().once('end', () => request.socket.destroy());
      if (path === '/live') {
        this.#streams.add(response);
        response.once('close', () => this.#streams.delete(response));
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.end(body);
  }
}
