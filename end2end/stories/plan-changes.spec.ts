import { PLAN, UNLIMITED } from '../harness/contract';
import { Desk } from '../harness/desk';
import { expect, test, testAlone } from '../harness/fixtures';
import { Person } from '../harness/people';
import { checkout, has } from '../harness/sandbox';
import { hosted, words } from '../words';

/** The money of a plan too many goes back when somebody next looks after it. */
const SURPLUS_LIMIT_MS = 30_000;

test('moving up counts at once, moving down with the next period', async ({ visitor, sandbox, page }) => {
  const { plan, date } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  await has(person, sandbox, PLAN.item);
  await person.triesOn();
  const renewal = date((await person.wallet()).premium.renews_at ?? '');

  await visitor.opens('/payments');
  await visitor.confirms(plan.up, plan.upSure);
  await visitor.sees('plan-name', UNLIMITED);
  await visitor.opens('/dashboard');
  await visitor.sees('plan-name', UNLIMITED);
  await visitor.sees('remaining-uses', 'unlimited');
  expect((await person.wallet()).premium).toMatchObject({ plan: UNLIMITED, used: 1, quota: null });
  const billed = (await person.recharges()).map(({ status }) => status);
  expect(billed, 'the difference was charged now').toEqual(['completed', 'completed']);

  await visitor.opens('/payments');
  await visitor.confirms(plan.down, plan.downSure);
  await visitor.reads(plan.follows(renewal));
  await visitor.sees('plan-name', UNLIMITED);
  await expect(page.getByText(plan.down, { exact: true })).toHaveCount(0);
  expect(await person.recharges(), 'nothing was charged now').toHaveLength(2);
  // It can be taken back, and costs nothing either.
  await visitor.confirms(plan.stay, plan.staySure);
  await expect(page.getByText(plan.follows(renewal))).toHaveCount(0);
  await visitor.confirms(plan.down, plan.downSure);
  await visitor.reads(plan.follows(renewal));
  expect(await person.recharges(), 'nothing was charged').toHaveLength(2);
  const desk = await Desk.beside(visitor);
  await desk.renews(person.email, 'paid');
  await visitor.comesToSee('plan-name', PLAN.item);
  await visitor.comesToRead(plan.used(0));
});

test('a plan that was ended is taken up again', async ({ visitor, sandbox, page }) => {
  const { plan } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  await has(person, sandbox, PLAN.item);
  await visitor.opens('/payments');
  await visitor.confirms(plan.end, plan.endSure);
  await visitor.reads(plan.ends);
  // What ends cannot move; first it goes on.
  await expect(page.getByText(plan.up, { exact: true })).toHaveCount(0);
  await visitor.button(plan.resume).click();
  await visitor.reads(plan.goesOn);
  await visitor.reads(plan.renews);
  await expect(page.getByText(plan.up, { exact: true })).toBeVisible();

  const desk = await Desk.beside(visitor);
  await desk.renews(person.email, 'paid');
  await expect.poll(() => person.recharges()).toHaveLength(2);
  await visitor.comesToSee('plan-name', PLAN.item);
});

test('who has a plan is not sold a second one, but led to changing it', async ({ visitor, sandbox, page }) => {
  const { plan } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  await visitor.opens('/payments');
  await expect(visitor.button(plan.subscribe)).toBeVisible();
  await has(person, sandbox, PLAN.item);
  // A page that is open follows by itself; one that does not offers what it has, and is refused.
  if (!visitor.scripted) {
    await visitor.button(plan.subscribe).click();
    await visitor.reads(plan.hasOne);
  }
  await visitor.comesToSee('plan-name', PLAN.item);
  await expect(visitor.button(plan.subscribe)).toHaveCount(0);
  await expect(page.getByText(plan.up, { exact: true })).toBeVisible();
  const second = await person.client.post('/api/checkout', { item: UNLIMITED });
  second.problem(409, 'conflict');
  expect(await person.recharges()).toHaveLength(1);
});

testAlone('of two plans that were both paid the younger is ended, and its money goes back', async ({
  visitor,
  sandbox,
}) => {
  const { plan, returns } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  const forgotten = await checkout(person, PLAN.item);
  await has(person, sandbox, UNLIMITED);
  // The provider counts in whole seconds which came first.
  const desk = await Desk.beside(visitor);
  await desk.passes({ seconds: '2' });
  const landing = await sandbox.pays(forgotten.session_id);

  await visitor.opens(landing);
  await visitor.reads(plan.surplus);
  await expect
    .poll(async () => (await person.recharges()).map(({ status }) => status).sort(), { timeout: SURPLUS_LIMIT_MS })
    .toEqual(['completed', 'refunded']);
  await visitor.opens('/payments');
  await visitor.sees('plan-name', UNLIMITED);
  await visitor.reads(plan.surplusReturned);
  await visitor.reads(returns.stateRefunded);
  const [item] = (await sandbox.book()).filter(({ session_id }) => session_id === forgotten.session_id);
  expect(item).toMatchObject({ paid: true, refunded: item?.amount_minor });
});

test('what is changed at the provider stands on the page when one comes back', async ({
  visitor,
  sandbox,
  server,
  page,
}) => {
  const { plan } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  // The provider knows a plan from when somebody first went to buy it.
  await checkout(await Person.signsUp(server), UNLIMITED);
  await has(person, sandbox, PLAN.item);
  await visitor.looksAfterThePlan();
  await page.getByLabel(hosted.otherPlan).selectOption({ index: 0 });
  await page.getByRole('button', { name: hosted.switchPlan }).click();
  // There a plan has one name, whatever the reader's language.
  await visitor.reads(words.en.plan.unlimited);
  await page.getByRole('link', { name: hosted.back }).click();
  await expect(page).toHaveURL(/\/payments/);
  await visitor.comesToSee('plan-name', UNLIMITED);
  const last = visitor.words.date((await person.wallet()).premium.renews_at ?? '');

  await visitor.looksAfterThePlan();
  await page.getByRole('button', { name: hosted.endPlan }).click();
  await expect(page.getByRole('button', { name: hosted.endPlan })).toHaveCount(0);
  await page.getByRole('link', { name: hosted.back }).click();
  await visitor.comesToRead(plan.endsOn(last));
  await expect(visitor.button(plan.resume)).toBeVisible();
});
