import { INITIAL_CREDITS, PACK } from '../harness/contract';
import { Desk } from '../harness/desk';
import { expect, test } from '../harness/fixtures';
import { expectArithmetic, expectExplained } from '../harness/people';
import { has } from '../harness/sandbox';

const BOTH = INITIAL_CREDITS + PACK.credits;

test('a dispute freezes the credits of its purchase, and when it is won they are free again', async ({
  visitor,
  sandbox,
  page,
}) => {
  const { returns, statement } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  const { payment_id } = await has(person, sandbox);
  await visitor.opens('/dashboard');
  await visitor.sees('credits-remaining', BOTH);

  const desk = await Desk.beside(visitor);
  await desk.opensDispute(payment_id);
  await visitor.comesToSee('credits-remaining', INITIAL_CREDITS);
  await visitor.comesToRead(returns.onHold(PACK.credits));
  await visitor.opens('/payments');
  const state = page.locator('#history tbody').getByTestId('recharge-status');
  await expect(state).toHaveText(returns.stateDisputed);
  await visitor.reads(returns.disputeOpen);

  await desk.closesDispute(payment_id, 'won');
  await visitor.comesToSee('credits-remaining', BOTH);
  await visitor.comesToRead(returns.disputeWon);
  await expect(state).toHaveText(returns.stateCompleted);
  await visitor.opens('/dashboard');
  await expect(page.getByText(returns.onHold(PACK.credits))).toHaveCount(0);
  await visitor.opens('/statement');
  await visitor.reads(statement.frozen);
  await visitor.reads(statement.freed);
  const wallet = await person.wallet();
  expectArithmetic(wallet);
  expectExplained(await person.entries(), wallet);
});

test('a lost dispute takes the credits back, and what was spent of them is a debt', async ({
  visitor,
  sandbox,
  page,
}) => {
  const { returns, statement } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  const { payment_id } = await has(person, sandbox);
  await person.deducts(INITIAL_CREDITS + 4);
  await visitor.opens('/payments');
  await visitor.sees('credits-remaining', 6);

  const desk = await Desk.beside(visitor);
  await desk.opensDispute(payment_id);
  await visitor.comesToSee('credits-remaining', 0);
  expect((await person.wallet()).credits).toMatchObject({ frozen: 6, debt: 0 });
  await desk.closesDispute(payment_id, 'lost');
  await visitor.comesToRead(returns.disputeLost);
  const state = page.locator('#history tbody').getByTestId('recharge-status');
  await expect(state).toHaveText(returns.stateRefunded);
  await visitor.opens('/dashboard');
  await visitor.sees('credits-remaining', 0);
  await visitor.reads(returns.owing(4));
  await visitor.opens('/statement');
  for (const reason of [statement.frozen, statement.takenBack, statement.owed]) await visitor.reads(reason);
  const wallet = await person.wallet();
  expect(wallet.credits).toMatchObject({ remaining: 0, frozen: 0, debt: 4 });
  expectArithmetic(wallet);
  expectExplained(await person.entries(), wallet);
});
