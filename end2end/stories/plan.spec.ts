import { CARDS, INITIAL_CREDITS, PLAN, TRIALS } from '../harness/contract';
import { Desk } from '../harness/desk';
import { expect, test, testAlone } from '../harness/fixtures';
import { expectOneTruth } from '../harness/html';
import { expectArithmetic, Person } from '../harness/people';
import { buys, has } from '../harness/sandbox';
import { hosted } from '../words';

/** What a newcomer has beside the plan. */
const BESIDE = INITIAL_CREDITS + TRIALS;

test('a new user takes a plan, which pays before credits and trials, and is filled when it renews', async ({
  visitor,
  server,
  page,
}) => {
  const { plan, tryOn, date } = visitor.words;
  const email = await visitor.signsUp();
  await visitor.choosesPlan();
  const { html } = await visitor.paysAndLands();
  expectOneTruth(html);
  const person = await Person.signsIn(server, email);
  const renewal = date((await person.wallet()).premium.renews_at ?? '');
  expect(html).toMatch(plan.begun);
  for (const said of [plan.monthly, plan.quota, renewal]) expect(html).toContain(said);

  await visitor.choosesPhotos();
  await visitor.reads(tryOn.paidByPlan(PLAN.quota));
  await visitor.button(tryOn.submit).click();
  await visitor.waitsForJob('succeeded');
  await Promise.all([person.triesOn(), person.triesOn()]);
  await visitor.opens('/dashboard');
  await visitor.sees('credits-remaining', INITIAL_CREDITS);
  await visitor.sees('trials-remaining', TRIALS);
  await visitor.sees('remaining-uses', PLAN.quota - 3 + BESIDE);
  await visitor.reads(plan.used(3));

  const desk = await Desk.beside(visitor);
  await desk.renews(email, 'paid');
  await visitor.comesToSee('remaining-uses', PLAN.quota + BESIDE);
  await visitor.comesToRead(plan.used(0));
  expect(new URL(page.url()).pathname).toBe('/dashboard');
  await visitor.sees('credits-remaining', INITIAL_CREDITS);
  expectArithmetic(await person.wallet());
});

test('a renewal that is not paid is said on each page, with the way to pay it', async ({ visitor, sandbox, page }) => {
  const { plan } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  await has(person, sandbox, PLAN.item);
  await visitor.opens('/dashboard');
  await visitor.sees('plan-name', PLAN.item);
  const desk = await Desk.beside(visitor);
  await desk.renews(person.email, 'declined');
  await visitor.comesToRead(plan.unpaid);
  await visitor.sees('plan-name', PLAN.item);
  await expect(visitor.button(plan.portal)).toBeVisible();

  await visitor.opens('/payments');
  await visitor.reads(plan.unpaidOwn);
  // While it is unpaid there is nothing to end or to change, only to pay.
  await expect(page.getByText(plan.end, { exact: true })).toHaveCount(0);
  await visitor.looksAfterThePlan();
  await page.getByRole('button', { name: hosted.payNow }).click();
  await expect(page.getByRole('button', { name: hosted.payNow })).toHaveCount(0);
  await page.getByRole('link', { name: hosted.back }).click();
  await expect(page).toHaveURL(/\/payments/);
  await visitor.comesToRead(plan.renews);
  await expect(page.getByText(plan.unpaidOwn)).toHaveCount(0);
});

testAlone('a plan that was ended serves to its last day, and takes no credits with it', async ({
  visitor,
  sandbox,
}) => {
  const { plan, date } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  await has(person, sandbox, PLAN.item);
  const last = date((await person.wallet()).premium.renews_at ?? '');
  await visitor.opens('/payments');
  await visitor.confirms(plan.end, plan.endSure);
  await visitor.reads(plan.ends);
  await visitor.reads(plan.endsOn(last));
  await visitor.opens('/dashboard');
  await visitor.reads(plan.endsOn(last));
  await visitor.sees('remaining-uses', PLAN.quota + BESIDE);

  const desk = await Desk.beside(visitor);
  await visitor.opens('/dashboard');
  await visitor.sees('plan-name', PLAN.item);
  await desk.passes({ days: '40' });
  await visitor.comesToSee('plan-name', 'none');
  await visitor.reads(plan.none);
  await visitor.sees('credits-remaining', INITIAL_CREDITS);
  await visitor.sees('trials-remaining', TRIALS);
  await visitor.sees('remaining-uses', BESIDE);
  // It is sold again as soon as the provider has told of the end.
  await expect(async () => {
    await visitor.opens('/payments');
    await expect(visitor.button(plan.subscribe)).toBeVisible({ timeout: 500 });
  }).toPass();
});

testAlone('a plan that is never paid rests, and the open page says so by itself', async ({ visitor, sandbox }) => {
  const { plan } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  const { landing } = await buys(person, sandbox, { card: CARDS.failsLater }, PLAN.item);
  await visitor.opens(landing);
  await visitor.opens('/dashboard');
  await visitor.sees('plan-name', PLAN.item);
  const desk = await Desk.beside(visitor);
  await desk.passes({ days: '32' });
  await visitor.comesToRead(plan.unpaid);
  await visitor.sees('plan-name', PLAN.item);
  // Its three days are over, and Stripe has tried the card once more.
  await desk.passes({ days: '4' });
  await visitor.comesToRead(plan.rests);
  await visitor.sees('plan-name', 'none');
  await visitor.sees('remaining-uses', BESIDE);
  await expect(visitor.button(plan.portal)).toBeVisible();
});
