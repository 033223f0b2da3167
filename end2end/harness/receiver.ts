import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { until } from './until';

const LIMIT_MS = 15_000;

/** One request as it came, byte for byte. */
export interface Received {
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** An endpoint of the test's own, on loopback, which takes everything with 200. */
export class Receiver {
  readonly received: Received[] = [];

  private constructor(
    readonly url: string,
    readonly server: HttpServer,
  ) {}

  static async open(): Promise<Receiver> {
    const server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        receiver.received.push({ headers: request.headers, body });
        response.writeHead(200).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const receiver = new Receiver(`http://127.0.0.1:${port}/`, server);
    return receiver;
  }

  /** The first of what came that fits; waits for it. */
  comes(what: string, fits: (received: Received) => boolean): Promise<Received> {
    return until(what, LIMIT_MS, async () => this.received.find(fits));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** A request read to its end. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
