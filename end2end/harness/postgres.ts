import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Before all tests: a cluster, unless `cargo xtask test` has started one already.
 * It ends with this process, whatever becomes of it.
 */
export default async function globalSetup(): Promise<(() => Promise<void>) | void> {
  if (process.env['END2END_POSTGRES']) return;
  const cluster = spawn('cargo', ['xtask', 'postgres'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(cluster, 'exit').then(() => {
    throw new Error('`cargo xtask postgres` ended without an address');
  });
  const lines = createInterface({ input: cluster.stdout });
  const [url] = await Promise.race([once(lines, 'line'), ended]);
  ended.catch(() => {});
  process.env['END2END_POSTGRES'] = String(url);
  return async () => {
    cluster.kill('SIGTERM');
  };
}

/** Changes a database behind the program's back. */
export async function execute(database: string | undefined, statement: string): Promise<void> {
  if (!database) throw new Error('only a PostgreSQL database is changed from outside');
  const psql = process.env['END2END_PSQL'] ?? 'psql';
  await run(psql, ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', `--command=${statement}`, database]);
}

/** A new, empty database of its own; answers its URL. */
export async function createDatabase(): Promise<string> {
  const cluster = process.env['END2END_POSTGRES'];
  if (!cluster) throw new Error('END2END_POSTGRES is not set: the global setup has not run');
  const name = `end2end_${randomBytes(8).toString('hex')}`;
  const psql = process.env['END2END_PSQL'] ?? 'psql';
  await run(psql, ['--no-psqlrc', '--quiet', `--command=CREATE DATABASE ${name}`, cluster]);
  const url = new URL(cluster);
  url.pathname = `/${name}`;
  return url.href;
}
