import { expect, test } from '../harness/fixtures';

/** CONTRACT.md: what the command line writes reaches open pages within a second. */
const REACHES_MS = 1_000;

test('`atelier credits add` changes an open page within a second', async ({ visitor, server }) => {
  const person = await visitor.arrivesSignedIn();
  await visitor.opens('/dashboard');
  await visitor.sees('credits-remaining', 8);

  for (const balance of [13, 18, 23]) {
    const words = ['credits', 'add', '--email', person.email, '--amount', '5', '--reason', 'a gift'];
    const { code, stderr } = await server.home.run(words);
    expect(code, stderr).toBe(0);
    await visitor.sees('credits-remaining', balance, REACHES_MS);
  }
});

test('what an administrator writes over the API does too', async ({ visitor, admin }) => {
  const person = await visitor.arrivesSignedIn();
  await visitor.opens('/payments');
  await visitor.sees('credits-remaining', 8);
  await admin.setsCredits(person, 3);
  await visitor.sees('credits-remaining', 3, REACHES_MS);
});
