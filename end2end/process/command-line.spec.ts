import { writeFile } from 'node:fs/promises';

import { Client } from '../harness/client';
import { expect, test } from '../harness/fixtures';
import { freshEmail, PASSWORD, Person } from '../harness/people';
import type { Home, Said } from '../harness/server';

/** Runs a command that must end well. */
async function runs(home: Home, words: string[], input = ''): Promise<Said> {
  const said = await home.run(words, { input });
  expect(said.code, said.stdout + said.stderr).toBe(0);
  return said;
}

test('`migrate` makes a database that the server takes as it is', async ({ home }) => {
  await runs(home, ['migrate']);
  await runs(home, ['migrate']);
  const person = await Person.signsUp(await home.serve());
  expect(await person.remaining()).toBe(8);
});

test('`user create` takes the password from standard input, and gives the initial credits', async ({ home }) => {
  const email = freshEmail();
  await runs(home, ['user', 'create', '--email', email, '--name', 'Ada'], `${PASSWORD}\n`);
  const again = await home.run(['user', 'create', '--email', email], { input: `${PASSWORD}\n` });
  expect(again.code).toBe(1);

  const person = await Person.signsIn(await home.serve(), email);
  expect(await person.remaining()).toBe(8);
});

test('`user create --admin` makes an administrator', async ({ home }) => {
  const email = freshEmail();
  await runs(home, ['user', 'create', '--admin', '--email', email], `${PASSWORD}\n`);
  const server = await home.serve();
  const [admin, person] = [await Person.signsIn(server, email), await Person.signsUp(server)];
  await admin.setsCredits(person, 2);
  expect(await person.remaining()).toBe(2);
});

test('`credits` shows, adds, deducts and sets through the same ledger', async ({ home }) => {
  const person = await Person.signsUp(await home.serve());
  const credits = (action: string, ...rest: string[]) =>
    home.run(['credits', action, '--email', person.email, ...rest, ...(action === 'show' ? [] : ['--reason', action])]);

  expect((await credits('show')).stdout).toContain('8');
  for (const [action, amount, remaining] of [
    ['add', '4', 12],
    ['deduct', '2', 10],
    ['set', '5', 5],
  ] as const) {
    const said = await credits(action, '--amount', amount);
    expect(said.code, said.stderr).toBe(0);
    expect(await person.remaining()).toBe(remaining);
  }
  expect((await credits('deduct', '--amount', '6')).code).toBe(1);
  expect(await person.remaining()).toBe(5);
  expect((await person.entries()).map(({ reason }) => reason)).toEqual(
    expect.arrayContaining(['add', 'deduct', 'set']),
  );
});

test('`verify` says that all agree, also as JSON', async ({ home }) => {
  const person = await Person.signsUp(await home.serve());
  await person.triesOn();
  await runs(home, ['verify']);
  const { stdout } = await runs(home, ['verify', '--json']);
  expect(() => JSON.parse(stdout)).not.toThrow();
});

test('`catalog print` prints a catalogue that the program takes', async ({ home }) => {
  const { stdout } = await runs(home, ['catalog', 'print']);
  expect(stdout).toContain('credits-10');
  const path = `${home.folder}/catalog.toml`;
  await writeFile(path, stdout);
  const server = await home.serve({ ATELIER_CATALOG: path });
  expect((await new Client(server.url).get('/api/catalog')).text).toContain('credits-10');
});

for (const [what, settings, named] of [
  ['an unknown setting', { ATELIER_NONSENSE: '1' }, 'ATELIER_NONSENSE'],
  ['an address that is none', { ATELIER_LISTEN: 'everywhere' }, 'ATELIER_LISTEN'],
  ['all addresses without a public URL', { ATELIER_LISTEN: '0.0.0.0:0' }, 'ATELIER_URL'],
  ['a public URL without encryption', { ATELIER_URL: 'http://atelier.example' }, 'ATELIER_URL'],
  ['a payment key without its webhook secret', { STRIPE_SECRET_KEY: 'sk_test_123' }, 'STRIPE_WEBHOOK_SECRET'],
  ['a catalogue that is not there', { ATELIER_CATALOG: '/nowhere.toml' }, 'ATELIER_CATALOG'],
  ['a switch that is neither on nor off', { ATELIER_RATE_LIMITS: 'perhaps' }, 'ATELIER_RATE_LIMITS'],
] as const) {
  test(`${what} stops the start and is named`, async ({ home }) => {
    const said = await home.run(['serve'], { settings });
    expect(said.code, 'it ends, and not well').toBeGreaterThan(0);
    expect(said.stdout + said.stderr).toContain(named);
    expect(said.stdout).not.toContain('listening on');
  });
}
