import { type ConsoleMessage, expect, type Page, test as base, type TestInfo } from '@playwright/test';

import { type Language, type Words, words } from '../words';
import { Person } from './people';
import { Sandbox } from './sandbox';
import { type Database, Home, Server } from './server';
import { Visitor } from './visitor';

export interface WorkerOptions {
  database: Database;
}

export interface Options {
  language: Language;
}

interface WorkerFixtures {
  sharedServer: Server;
}

interface Fixtures {
  /** The server that all tests of a worker share; each test brings its own people. */
  server: Server;
  /** An installation of the test's own, for tests that stop, kill or configure the server. */
  home: Home;
  words: Words;
  sandbox: Sandbox;
  person: Person;
  admin: Person;
  visitor: Visitor;
}

export const test = base.extend<Options & Fixtures, WorkerOptions & WorkerFixtures>({
  database: ['sqlite', { option: true, scope: 'worker' }],
  language: ['en', { option: true }],

  sharedServer: [
    async ({ database }, use) => {
      const home = await Home.create(database);
      const server = await home.serve();
      await use(server);
      await server.stop().finally(() => home.remove());
    },
    { scope: 'worker' },
  ],

  server: async ({ sharedServer }, use, info) => {
    await use(sharedServer);
    await attachLogs(info, [sharedServer]);
  },

  home: async ({ database }, use, info) => {
    const home = await Home.create(database);
    await use(home);
    await attachLogs(info, home.servers);
    await Promise.all(home.servers.map((server) => server.killIfRunning()));
    await home.remove();
  },

  baseURL: async ({ server }, use) => use(server.url),
  words: async ({ language }, use) => use(words[language]),
  sandbox: async ({ server }, use) => use(new Sandbox(server)),
  person: async ({ server }, use) => use(await Person.signsUp(server)),
  admin: async ({ server }, use) => use(await Person.admin(server)),

  visitor: async ({ context, page, words, server, javaScriptEnabled }, use) => {
    const complaints: string[] = [];
    context.on('page', (each) => listen(each, complaints));
    listen(page, complaints);
    await use(new Visitor(page, words, server, javaScriptEnabled));
    expect(complaints, 'what the browser complained about').toEqual([]);
  },
});

/**
 * For stories that put the sandbox's clock forward: on a server of their own, so that nobody else's session, plan or
 * checkout is suddenly over.
 */
export const testAlone = test.extend({
  server: async ({ home }, use) => use(await home.serve()),
});

async function attachLogs(info: TestInfo, servers: Server[]): Promise<void> {
  if (info.status === info.expectedStatus) return;
  for (const server of servers) await info.attach('server.log', { body: server.log });
}

export { expect };

/** Errors, and refusals of the content security policy, which Chromium also writes there. */
export function listen(page: Page, complaints: Pick<string[], 'push'>): void {
  const documents = new Set<string>();
  page.on('response', (response) => {
    if (response.request().isNavigationRequest()) documents.add(response.url());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isAnswerShown(message, documents)) complaints.push(message.text());
  });
}

/** A page that is itself a 402 or 404 is logged as an error; here it is an answer the test asked for. */
function isAnswerShown(message: ConsoleMessage, documents: Set<string>): boolean {
  return /Failed to load resource: .* status of 4\d\d/.test(message.text()) && documents.has(message.location().url);
}
