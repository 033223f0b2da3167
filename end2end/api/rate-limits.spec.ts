import { type Answer, Client } from '../harness/client';
import { expect, test } from '../harness/fixtures';
import { freshEmail, PASSWORD, Person } from '../harness/people';
import type { Home } from '../harness/server';

/** The shared servers have no limits, so that tests do not meet each other's. */
const limited = (home: Home) => home.serve({ ATELIER_RATE_LIMITS: 'on' });

test('five wrong passwords, then a pause', async ({ home }) => {
  const server = await limited(home);
  const person = await Person.signsUp(server);
  const attempt = () => new Client(server.url).post('/api/auth/sign-in', { email: person.email, password: 'wrong' });
  for (let time = 1; time <= 5; time++) (await attempt()).problem(401, 'unauthenticated');
  (await attempt()).problem(429, 'rate_limited');
  expect((await person.client.get('/api/credits')).status, 'who is signed in stays so').toBe(200);
});

test('ten accounts a day from one address', async ({ home }) => {
  const server = await limited(home);
  const signUp = () => new Client(server.url).post('/api/auth/sign-up', { email: freshEmail(), password: PASSWORD });
  for (let account = 1; account <= 10; account++) (await signUp()).being(201);
  (await signUp()).problem(429, 'rate_limited');
});

test('six hundred calls a minute from one account', async ({ home }) => {
  const server = await limited(home);
  const person = await Person.signsUp(server);
  const limit = await firstRefusal(() => person.client.get('/api/credits'), 1_500);
  limit.answer.problem(429, 'rate_limited');
  // A few have been used by signing up; none are refused before the limit.
  expect(limit.passed).toBeGreaterThan(590);
});

/** Twenty at a time, until one is refused. */
async function firstRefusal(ask: () => Promise<Answer>, most: number): Promise<{ answer: Answer; passed: number }> {
  for (let passed = 0; passed < most; ) {
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    const refused = answers.find(({ status }) => status !== 200);
    passed += answers.filter(({ status }) => status === 200).length;
    if (refused) return { answer: refused, passed };
  }
  throw new Error(`none of ${most} calls was refused`);
}
