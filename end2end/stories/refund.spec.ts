import { CARDS, INITIAL_CREDITS, PACK } from '../harness/contract';
import { Desk } from '../harness/desk';
import { expect, test } from '../harness/fixtures';
import { expectArithmetic, expectExplained, type Person } from '../harness/people';

const SPENT = 4;
/** A refund that fails does so a moment after it was sent. */
const FAILS_LIMIT_MS = 30_000;

test('a refund of spent credits is a debt that is said, explained, and settled by the next purchase', async ({
  visitor,
  page,
}) => {
  const { returns, statement, payments } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  await person.deducts(INITIAL_CREDITS);
  await visitor.choosesCreditsPack();
  await visitor.paysAndLands();
  await visitor.sees('credits-remaining', PACK.credits);
  await person.deducts(SPENT);
  await visitor.opens('/dashboard');
  await visitor.sees('credits-remaining', PACK.credits - SPENT);

  const desk = await Desk.beside(visitor);
  await desk.refunds(await paymentOf(person));
  await visitor.comesToSee('credits-remaining', 0);
  await visitor.comesToRead(returns.owing(SPENT));
  const { credits } = await person.wallet();
  expect(credits).toMatchObject({ remaining: 0, debt: SPENT, total: 18 });

  await visitor.opens('/payments');
  await visitor.reads(returns.settledFirst(SPENT));
  const history = page.locator('#history tbody');
  await expect(history.getByTestId('recharge-status')).toHaveText(returns.stateRefunded);
  await expect(history.getByText(returns.refunded)).toBeVisible();
  await visitor.opens('/statement');
  for (const reason of [statement.purchase, statement.takenBack, statement.owed]) await visitor.reads(reason);

  await visitor.opens('/payments');
  await visitor.button(payments.buyCreditsPack).click();
  await visitor.isAtTheProvider();
  await visitor.paysAndLands();
  await visitor.opens('/dashboard');
  await visitor.sees('credits-remaining', PACK.credits - SPENT);
  await expect(page.getByText(returns.owing(SPENT))).toHaveCount(0);
  await visitor.opens('/statement');
  await visitor.reads(statement.settled);
  const wallet = await person.wallet();
  expect(wallet.credits).toMatchObject({ remaining: 6, debt: 0 });
  expectArithmetic(wallet);
  expectExplained(await person.entries(), wallet);
});

test('a refund that fails later gives the credits back, and says why', async ({ visitor, page }) => {
  const { returns, statement } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  await visitor.choosesCreditsPack();
  await visitor.paysAndLands(CARDS.refundFails);
  await visitor.sees('credits-remaining', INITIAL_CREDITS + PACK.credits);

  await visitor.opens('/payments');
  const desk = await Desk.beside(visitor);
  await desk.refunds(await paymentOf(person));
  await visitor.comesToRead(returns.refundFailed, FAILS_LIMIT_MS);
  await visitor.sees('credits-remaining', INITIAL_CREDITS + PACK.credits);
  const history = page.locator('#history tbody');
  await expect(history.getByTestId('recharge-status')).toHaveText(returns.stateCompleted);
  await visitor.opens('/statement');
  await visitor.reads(statement.takenBack);
  await visitor.reads(statement.givenBack);
  const wallet = await person.wallet();
  expectArithmetic(wallet);
  expectExplained(await person.entries(), wallet);
});

async function paymentOf(person: Person): Promise<string | null> {
  const [newest] = await person.recharges();
  return newest?.payment_id ?? null;
}
