import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

import { createDatabase } from './postgres';

export type Database = 'sqlite' | 'postgres';
export type Settings = Record<string, string>;

export const BINARY = resolve(import.meta.dirname, process.env['ATELIER_BIN'] ?? '../../target/debug/atelier');
const START_LIMIT_MS = 30_000;
const COMMAND_LIMIT_MS = 30_000;
/** CONTRACT.md: SIGTERM ends the program within 10 s; the rest is for a busy machine. */
const STOP_LIMIT_MS = 12_000;
const LOG_LINES = 400;

/** Nobody's server outlives the tests, not even when a worker dies of an exception. */
const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** What one command of the program said. */
export interface Said {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * One installation: a data folder and a database that outlive the processes using them, so that a test can kill
 * a server and start the next in the same place.
 */
export class Home {
  /** All that were started here, ended or not. */
  readonly servers: Server[] = [];
  #listen = '127.0.0.1:0';

  private constructor(
    readonly folder: string,
    readonly database: Database,
    readonly databaseUrl: string | undefined,
  ) {}

  static async create(database: Database): Promise<Home> {
    const folder = await mkdtemp(join(tmpdir(), 'atelier-end2end-'));
    return new Home(folder, database, database === 'postgres' ? await createDatabase() : undefined);
  }

  /** Starts the program. A second start takes the port of the first, as a restarted service would. */
  async serve(settings: Settings = {}): Promise<Server> {
    const server = await Server.start(this, this.#spawn(['serve'], settings));
    this.#listen = new URL(server.url).host;
    this.servers.push(server);
    return server;
  }

  /** Starts one more node beside those that run, on a port of its own. */
  async serveBeside(settings: Settings = {}): Promise<Server> {
    const elsewhere = { ATELIER_LISTEN: '127.0.0.1:0', ...settings };
    const server = await Server.start(this, this.#spawn(['serve'], elsewhere));
    this.servers.push(server);
    return server;
  }

  /** Runs one command of the program to its end. */
  async run(
    words: string[],
    { settings = {}, input = '' }: { settings?: Settings; input?: string } = {},
  ): Promise<Said> {
    const child = this.#spawn(words, settings);
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    // A command that has ended already reads nothing.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    // A command that does not end is killed, and its code is then null.
    const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_LIMIT_MS);
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    return { code, stdout: await stdout, stderr: await stderr };
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * Only what is said here reaches the program: no setting of the developer's shell, and no `.env`, which is why
   * the working directory is the data folder.
   */
  #spawn(words: string[], settings: Settings): ChildProcess {
    const child = spawn(BINARY, words, {
      cwd: this.folder,
      env: {
        PATH: process.env['PATH'],
        RUST_BACKTRACE: '1',
        ATELIER_LISTEN: this.#listen,
        ATELIER_DATA_DIR: this.folder,
        ATELIER_RATE_LIMITS: 'off',
        ...(this.databaseUrl && { DATABASE_URL: this.databaseUrl }),
        ...settings,
      },
    });
    running.add(child);
    child.once('close', () => running.delete(child));
    return child;
  }
}

/** A running program. */
export class Server {
  readonly #log: string[] = [];
  #url = '';

  private constructor(
    readonly home: Home,
    readonly process: ChildProcess,
  ) {}

  static async start(home: Home, child: ChildProcess): Promise<Server> {
    const server = new Server(home, child);
    try {
      server.#url = await server.#address();
      return server;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  get url(): string {
    return this.#url;
  }

  /** The same server by the other loopback name: another site to a browser. */
  get otherUrl(): string {
    const url = new URL(this.#url);
    url.hostname = url.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
    return url.origin;
  }

  /** The last lines it wrote. */
  get log(): string {
    return this.#log.join('\n');
  }

  /** Ends it as a service manager would, and insists that it ends well. */
  async stop(limitMs = STOP_LIMIT_MS): Promise<void> {
    if (this.#hasEnded()) throw new Error(`the server has ended by itself\n${this.log}`);
    this.process.kill('SIGTERM');
    const code = await this.#exitCode(limitMs);
    if (code !== 0) throw new Error(`after SIGTERM the server ended with ${code}\n${this.log}`);
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    if (!this.#hasEnded()) await once(this.process, 'close');
  }

  /** For what comes after a failed test as well as a good one. */
  async killIfRunning(): Promise<void> {
    if (!this.#hasEnded()) await this.kill();
  }

  #hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async #exitCode(limitMs: number): Promise<number | null> {
    const limit = AbortSignal.timeout(limitMs);
    try {
      const [code] = (await once(this.process, 'close', { signal: limit })) as [number | null];
      return code;
    } catch {
      this.process.kill('SIGKILL');
      throw new Error(`the server was still there ${limitMs} ms after SIGTERM\n${this.log}`);
    }
  }

  /** Waits for the line with the address, and goes on reading: a full pipe would stop the server. */
  async #address(): Promise<string> {
    createInterface({ input: this.process.stderr! }).on('line', (line) => this.#remember(line));
    const lines = createInterface({ input: this.process.stdout! });
    lines.on('line', (line) => this.#remember(line));
    const address = new Promise<string>((found) => {
      lines.on('line', (line) => {
        const url = /listening on (http:\/\/[^\s/]+)/.exec(line)?.[1];
        if (url) found(url);
      });
    });
    const ended = once(this.process, 'close').then(() => Promise.reject(this.#neverListened('before it ended')));
    ended.catch(() => {});
    const timer = new AbortController();
    const late = pause(START_LIMIT_MS, undefined, timer).then(() => Promise.reject(this.#neverListened('in time')));
    late.catch(() => {});
    return Promise.race([address, ended, late]).finally(() => timer.abort());
  }

  #neverListened(when: string): Error {
    return new Error(`the server did not say \`listening on http://…\` ${when}\n${this.log}`);
  }

  #remember(line: string): void {
    this.#log.push(line);
    if (this.#log.length > LOG_LINES) this.#log.shift();
  }
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text += chunk;
  return text;
}
