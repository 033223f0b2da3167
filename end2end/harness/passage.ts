import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { bodyOf } from './receiver';
import type { Server } from './server';

/** What a restricted key is told of what it may not do. */
const FORBIDDEN = { error: { type: 'invalid_request_error', message: 'The provided key may not do this.' } };
/** What belongs to one connection and is not passed on. */
const OWN = ['connection', 'content-length', 'host', 'keep-alive', 'transfer-encoding'];

/**
 * Loopback between one installation and the sandbox Stripe of another, as the network is between us and the real one.
 * The key that goes through may not list events: whoever wants to hear of a payment needs its webhook.
 */
export class Passage {
  private constructor(
    readonly url: string,
    readonly server: HttpServer,
  ) {}

  static async open(to: Server): Promise<Passage> {
    const server = createServer((request, response) => {
      pass(to, request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new Passage(`http://127.0.0.1:${port}/`, server);
  }

  /** The settings of a program that takes the sandbox for the real Stripe. */
  settings(webhookSecret: string): Record<string, string> {
    return {
      STRIPE_SECRET_KEY: 'sk_test_passage',
      STRIPE_WEBHOOK_SECRET: webhookSecret,
      STRIPE_API_BASE: this.url,
    };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
  }
}

async function pass(to: Server, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  if (request.url?.startsWith('/v1/events')) {
    response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify(FORBIDDEN));
    return;
  }
  const headers = Object.entries(request.headers).filter(([name]) => !OWN.includes(name));
  const answer = await fetch(new URL(`/sandbox/stripe${request.url}`, to.url), {
    method: request.method ?? 'GET',
    headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
    ...(body.length > 0 && { body: new Uint8Array(body) }),
  });
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
  response.end(Buffer.from(await answer.arrayBuffer()));
}
