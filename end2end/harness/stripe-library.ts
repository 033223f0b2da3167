import { Stripe } from 'stripe';

import type { Server } from './server';

/** What the sandbox's Stripe is mounted at; the library has no option for a base path. */
const MOUNT = '/sandbox/stripe';

/**
 * Stripe's own library for Node, talking to the sandbox of a server: a client that shares no line with ours. Of an API
 * version that is newer than ours, as a developer's may be. It repeats nothing by itself, so that a test sees each
 * answer.
 */
export function stripeLibrary(server: Server, key = 'sk_test_independent'): Stripe {
  return new Stripe(key, options(server));
}

/** The same without any key. */
export function stripeWithoutKey(server: Server): Stripe {
  return new Stripe(undefined as unknown as string, { ...options(server), authenticator: async () => undefined });
}

function options(server: Server): NonNullable<ConstructorParameters<typeof Stripe>[1]> {
  const { hostname, port } = new URL(server.url);
  return {
    host: hostname,
    port,
    protocol: 'http',
    httpClient: Stripe.createFetchHttpClient((url, init) => fetch(mounted(String(url)), init)),
    maxNetworkRetries: 0,
    telemetry: false,
  };
}

function mounted(address: string): URL {
  const url = new URL(address);
  url.pathname = MOUNT + url.pathname;
  return url;
}

/** What a call is refused with. */
export async function refusal(call: Promise<unknown>): Promise<InstanceType<typeof Stripe.errors.StripeError>> {
  const answer = await call.then(
    (answer) => new Error(`not refused: ${JSON.stringify(answer)}`),
    (error: unknown) => error,
  );
  if (answer instanceof Stripe.errors.StripeError) return answer;
  throw answer;
}

export { Stripe };
