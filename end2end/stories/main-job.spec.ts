import { PACK } from '../harness/contract';
import { expect, test } from '../harness/fixtures';
import { expectBalance, expectOneTruth } from '../harness/html';
import { expectExplained, Person } from '../harness/people';

test('sign up, try on, buy, and see the true balance at once', async ({ visitor, server, page }) => {
  const email = await visitor.signsUp();
  await visitor.opens('/dashboard');
  await visitor.sees('credits-remaining', 8);
  await visitor.sees('trials-remaining', 3);
  await visitor.sees('remaining-uses', 11);

  await visitor.triesOn();
  await visitor.waitsForJob('succeeded');
  await visitor.seesTheResult();
  await visitor.opens('/dashboard');
  await visitor.sees('credits-remaining', 7);
  await visitor.sees('remaining-uses', 10);

  await visitor.choosesCreditsPack();
  const { html, path } = await visitor.paysAndLands();
  expectBalance(html, 17);
  expectOneTruth(html);
  const again = await page.request.get(path);
  expect(again.status()).toBe(200);
  expectBalance(await again.text(), 17);

  for (const place of ['/dashboard', '/payments', '/statement']) {
    await visitor.opens(place);
    await visitor.sees('credits-remaining', 17);
  }
  const changes = page.getByRole('main').locator('tbody td');
  for (const change of [/^\s*\+8\s*$/, /^\s*−1\s*$/, /^\s*\+10\s*$/]) {
    await expect(changes.filter({ hasText: change })).toHaveCount(1);
  }

  const person = await Person.signsIn(server, email);
  const entries = await person.entries();
  expect(entries.map(({ kind, amount }) => [kind, amount])).toEqual([
    ['grant', 8],
    ['hold', -1],
    ['capture', 0],
    ['grant', PACK.credits],
  ]);
  expectExplained(entries, await person.wallet());
});
