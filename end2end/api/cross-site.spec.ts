import { Client } from '../harness/client';
import { expect, test } from '../harness/fixtures';
import { PASSWORD } from '../harness/people';

type Headers = Record<string, string>;

const ELSEWHERE: Headers[] = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { origin: 'https://evil.example' },
  { origin: 'null' },
];

for (const headers of ELSEWHERE) {
  test(`a request from elsewhere is refused: ${JSON.stringify(headers)}`, async ({ person, server }) => {
    const stranger = new Client(server.url);
    const credentials = { email: person.email, password: PASSWORD };
    for (const answer of [
      await person.client.post('/api/checkout', { item: 'credits-10' }, { headers }),
      await person.client.post('/api/auth/sign-out', undefined, { headers }),
      await stranger.post('/api/auth/sign-in', credentials, { headers }),
      await stranger.post('/api/auth/sign-up', { ...credentials, email: `other-${person.email}` }, { headers }),
    ]) {
      answer.problem(403, 'cross_site');
    }
    expect(await person.recharges(), 'still signed in, nothing bought').toEqual([]);
    expect(stranger.cookies.size).toBe(0);
  });
}

test('the other loopback name is elsewhere', async ({ person, server }) => {
  const headers = { origin: server.otherUrl };
  (await person.client.post('/api/checkout', { item: 'credits-10' }, { headers })).problem(403, 'cross_site');
});

test('a request from our own pages, or from a program, passes', async ({ person, server }) => {
  const own: Headers[] = [
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
    { origin: server.url },
    {},
  ];
  for (const headers of own) {
    const answer = await person.client.post('/api/checkout', { item: 'credits-10' }, { headers });
    expect(answer.status, JSON.stringify(headers)).toBe(201);
  }
});

test('reading is allowed from anywhere, or nobody could come back from the provider', async ({ person }) => {
  const page = await person.client.get('/dashboard', { headers: { 'sec-fetch-site': 'cross-site' } });
  expect(page.status).toBe(200);
});
