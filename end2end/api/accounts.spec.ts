import { Client } from '../harness/client';
import type { User, Wallet } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { freshEmail, PASSWORD, Person } from '../harness/people';

test('signing up answers the user, signed in, with the initial credits', async ({ server }) => {
  const client = new Client(server.url);
  const email = freshEmail();
  const answer = await client.post('/api/auth/sign-up', { email, password: PASSWORD, name: 'Ada' });
  expect(answer.being(201)).not.toHaveProperty('password');

  for (const path of ['/auth/me', '/api/auth/me']) {
    const me = await client.get(path);
    const { user, wallet } = me.being<{ user: User; wallet: Wallet }>(200);
    expect(user).toMatchObject({ id: expect.any(String), email });
    expect(wallet.credits.remaining).toBe(8);
    expect(me.headers.get('cache-control')).toContain('no-store');
  }
});

test('an address has one account, however it is written', async ({ server, person }) => {
  const again = { email: person.email.toUpperCase(), password: PASSWORD };
  (await new Client(server.url).post('/api/auth/sign-up', again)).problem(409, 'conflict');
});

for (const [what, body, field] of [
  ['no address', { password: PASSWORD }, 'email'],
  ['an address that is none', { email: 'nobody', password: PASSWORD }, 'email'],
  ['no password', { email: 'someone@example.com' }, 'password'],
  ['a short password', { email: 'someone@example.com', password: 'short' }, 'password'],
  ['an address of the wrong type', { email: 7, password: PASSWORD }, 'email'],
] as const) {
  test(`signing up with ${what} is refused at the field`, async ({ server }) => {
    const problem = (await new Client(server.url).post('/api/auth/sign-up', body)).problem(422, 'validation');
    expect(problem.errors).toHaveProperty(field);
  });
}

test('a wrong password and an unknown address get the same answer', async ({ server, person }) => {
  const client = new Client(server.url);
  const wrong = await client.post('/api/auth/sign-in', { email: person.email, password: 'not this one' });
  const unknown = await client.post('/api/auth/sign-in', { email: freshEmail(), password: 'not this one' });
  expect(wrong.problem(401, 'unauthenticated')).toEqual(unknown.problem(401, 'unauthenticated'));
});

test('signing in gives a new session, signing out ends it', async ({ server, person }) => {
  const first = new Map(person.client.cookies);
  const again = await person.client.post('/api/auth/sign-in', { email: person.email, password: PASSWORD });
  expect(again.status).toBe(200);
  expect(person.client.cookies).not.toEqual(first);

  const session = new Map(person.client.cookies);
  expect((await person.client.post('/api/auth/sign-out')).status).toBe(204);
  const thief = new Client(server.url);
  session.forEach((value, name) => thief.cookies.set(name, value));
  (await thief.get('/api/credits')).problem(401, 'unauthenticated');
});

test('forgetting a password is answered alike for known and unknown addresses', async ({ server, person }) => {
  const client = new Client(server.url);
  const known = await client.post('/api/auth/forgot', { email: person.email });
  const unknown = await client.post('/api/auth/forgot', { email: freshEmail() });
  expect([known.status, unknown.status]).toEqual([202, 202]);
  expect(known.text).toBe(unknown.text);
});

test('the demo account of the sandbox can sign in', async ({ server }) => {
  const demo = await Person.signsIn(server, 'demo@example.com', 'atelier-demo');
  expect((await demo.wallet()).user_id).toBe(demo.id);
});

for (const [method, path] of [
  ['GET', '/api/auth/me'],
  ['GET', '/api/credits'],
  ['POST', '/api/credits'],
  ['GET', '/api/credits/entries'],
  ['POST', '/api/checkout'],
  ['POST', '/api/recharge'],
  ['GET', '/api/recharge'],
  ['POST', '/api/try-on'],
  ['GET', '/api/jobs'],
  ['GET', '/api/jobs/0191d5a0-0000-7000-8000-000000000000'],
  ['GET', '/api/stats'],
  ['GET', '/live'],
] as const) {
  test(`${method} ${path} asks who is there`, async ({ server }) => {
    (await new Client(server.url).send(method, path)).problem(401, 'unauthenticated');
    const impostor = Client.withToken(server.url, 'atl_made-up');
    (await impostor.send(method, path)).problem(401, 'unauthenticated');
  });
}
