import { type Answer, Client } from '../harness/client';
import { expect, test } from '../harness/fixtures';
import { expectClean, expectOneTruth, language } from '../harness/html';
import { OPEN_PAGES, PERSONAL_PAGES } from '../harness/pages.mjs';
import { PASSWORD, Person } from '../harness/people';
import { buys } from '../harness/sandbox';

const LANGUAGES = ['en', 'zh'] as const;

for (const path of OPEN_PAGES) {
  test(`${path} answers anyone, in both languages`, async ({ server }) => {
    await answersInBoth(new Client(server.url), path);
  });
}

for (const path of PERSONAL_PAGES) {
  test(`${path} answers its reader, in both languages, and sends a stranger to sign in`, async ({
    person,
    admin,
    server,
  }) => {
    const isOperators = path.startsWith('/admin');
    const pages = await answersInBoth((isOperators ? admin : person).client, path);
    if (isOperators) expect((await person.client.get(path)).status, 'for nobody else').toBe(403);
    for (const page of pages) expect(page.headers.get('cache-control')).toContain('no-store');

    const turnedAway = await new Client(server.url).get(path);
    expect([302, 303]).toContain(turnedAway.status);
    expect(turnedAway.headers.get('location')).toContain('/sign-in');
  });
}

test('the success page answers in both languages', async ({ person, sandbox }) => {
  const { landing } = await buys(person, sandbox);
  await answersInBoth(person.client, landing);
});

test('a result page is clean', async ({ person }) => {
  await person.triesOn();
  for (const path of ['/dashboard', '/try-on', '/statement']) await answersInBoth(person.client, path);
});

test('what is not there is a page too', async ({ server }) => {
  const anyone = new Client(server.url);
  for (const path of ['/nowhere', '/reset/made-up-token', '/verify/made-up-token']) {
    const page = await anyone.get(path);
    expect(page.headers.get('content-type'), path).toContain('text/html');
    expect(page.status, path).toBeLessThan(500);
    expectClean(page.text);
  }
  expect((await anyone.get('/nowhere')).status).toBe(404);
  (await anyone.get('/api/nowhere')).problem(404, 'not_found');
});

test('the policy allows nothing inline, and forms to be sent on to the provider', async ({ person, server }) => {
  for (const path of ['/', '/payments', '/try-on']) {
    const policy = directives(await person.client.get(path));
    expect(policy.get('form-action')).toEqual(expect.arrayContaining(["'self'", server.otherUrl]));
    expect([...policy.values()].flat()).not.toContain("'unsafe-inline'");
    expect([...policy.values()].flat()).not.toContain("'unsafe-eval'");
    expect(policy.has('default-src')).toBe(true);
  }
});

test('the session cookie is HttpOnly and Lax', async ({ server }) => {
  const person = await Person.signsUp(server);
  const response = await person.client.open('POST', '/api/auth/sign-in', {
    json: { email: person.email, password: PASSWORD },
  });
  const session = response.headers.getSetCookie().filter((cookie) => /httponly/i.test(cookie));
  await response.arrayBuffer();
  expect(session.length).toBeGreaterThan(0);
  for (const cookie of session) expect(cookie).toMatch(/samesite=lax/i);
});

async function answersInBoth(client: Client, path: string): Promise<Answer[]> {
  const pages: Answer[] = [];
  for (const code of LANGUAGES) {
    const byPrefix = await client.get(path === '/' ? `/${code}/` : `/${code}${path}`);
    // A prefix may be remembered by a cookie, which would decide before the header does.
    const asNew = new Client(client.base, client.headers);
    client.cookies.forEach((value, name) => /lang/i.test(name) || asNew.cookies.set(name, value));
    const byHeader = await asNew.get(path, { headers: { 'accept-language': code } });
    for (const page of [byPrefix, byHeader]) {
      expect(page.status, `${code} ${path}`).toBe(200);
      expect(page.headers.get('content-type')).toContain('text/html');
      expect(language(page.text)).toMatch(new RegExp(`^${code}\\b`));
      expectClean(page.text);
      expectOneTruth(page.text);
    }
    pages.push(byPrefix, byHeader);
  }
  return pages;
}

function directives(page: Answer): Map<string, string[]> {
  const policy = page.headers.get('content-security-policy') ?? '';
  const pairs = policy.split(';').map((each) => each.trim().split(/\s+/));
  return new Map(pairs.map(([name = '', ...values]) => [name, values]));
}
