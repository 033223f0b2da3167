import { Client } from '../harness/client';
import type { Wallet } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import type { Person } from '../harness/people';
import type { Home, Said } from '../harness/server';

function mints(home: Home, email: string, scopes: string): Promise<Said> {
  return home.run(['token', 'create', '--email', email, '--scopes', scopes]);
}

async function tokenOf(home: Home, { email }: Person, scopes: string): Promise<string> {
  const said = await mints(home, email, scopes);
  expect(said.code, said.stderr).toBe(0);
  const token = /\batl_\S+/.exec(said.stdout)?.[0];
  expect(token, said.stdout).toBeDefined();
  return token ?? '';
}

test('a token may do what its scopes say, and no more', async ({ person, server }) => {
  const reader = Client.withToken(server.url, await tokenOf(server.home, person, 'credits:read'));
  expect((await reader.get('/api/credits')).being<Wallet>(200).user_id).toBe(person.id);
  const deduct = { action: 'deduct', amount: 1, reason: 'by a program' };
  (await reader.post('/api/credits', deduct)).problem(403, 'forbidden');
  (await reader.get('/api/jobs')).problem(403, 'forbidden');

  const spender = Client.withToken(server.url, await tokenOf(server.home, person, 'credits:spend'));
  (await spender.post('/api/credits', deduct)).being(200);
  (await spender.post('/api/credits', { ...deduct, action: 'add' })).problem(403, 'forbidden');
  (await spender.get('/api/credits')).problem(403, 'forbidden');

  const worker = Client.withToken(server.url, await tokenOf(server.home, person, 'jobs'));
  expect((await worker.get('/api/jobs')).status).toBe(200);
  expect(await person.remaining()).toBe(7);
});

test('a token is no cookie: where a request comes from does not matter', async ({ person, server }) => {
  const spender = Client.withToken(server.url, await tokenOf(server.home, person, 'credits:spend'));
  const deduct = { action: 'deduct', amount: 1, reason: 'by a program' };
  const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://partner.example' };
  (await spender.post('/api/credits', deduct, { headers })).being(200);
});

for (const scope of ['credits:write', 'users:sync', 'admin', 'everything']) {
  test(`nobody but an administrator is given a token for ${scope}`, async ({ person, server }) => {
    const said = await mints(server.home, person.email, scope);
    expect(said.code).toBe(1);
    expect(said.stdout).not.toContain('atl_');
    expect(said.stderr).toContain(scope);
  });
}

test('an administrator’s token writes wallets', async ({ person, admin, server }) => {
  const writer = Client.withToken(server.url, await tokenOf(server.home, admin, 'credits:write'));
  const add = { action: 'add', amount: 2, reason: 'by a program', user_id: person.id };
  (await writer.post('/api/credits', add)).being(200);
  expect(await person.remaining()).toBe(10);
});
