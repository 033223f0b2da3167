import { expect, test } from '../harness/fixtures';
import { Visitor } from '../harness/visitor';

test('an open page heals by itself after the server was away', async ({ home, page, words }) => {
  const before = await home.serve();
  const visitor = new Visitor(page, words, before, true);
  const person = await visitor.arrivesSignedIn();
  await visitor.opens(`${before.url}/dashboard`);
  await visitor.sees('credits-remaining', 8);

  await before.stop();
  const said = await home.run(['credits', 'add', '--email', person.email, '--amount', '5', '--reason', 'meanwhile']);
  expect(said.code, said.stderr).toBe(0);
  await home.serve();
  await visitor.sees('credits-remaining', 13, 30_000);
});
