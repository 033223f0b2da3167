import { expect, test } from '../harness/fixtures';

test('the figures stand there, and follow', async ({ visitor, admin, page }) => {
  const person = await visitor.arrivesSignedIn();
  await visitor.opens('/test-credits');
  for (const [figure, value] of [
    ['credits-remaining', 8],
    ['credits-total', 8],
    ['credits-used', 0],
    ['trials-remaining', 3],
    ['remaining-uses', 11],
  ] as const) {
    await visitor.sees(figure, value);
  }
  // What needs script is shown where there is some.
  const buttons = page.locator('button[data-call]');
  const visible = buttons.evaluateAll((all) => all.filter((one) => one.checkVisibility()).length);
  expect(await visible).toBe(visitor.scripted ? await buttons.count() : 0);
  await admin.setsCredits(person, 25);
  await visitor.comesToSee('credits-remaining', 25);
  await visitor.comesToSee('remaining-uses', 28);
});

test('a stranger is sent to sign in', async ({ visitor, page }) => {
  await visitor.opens('/test-credits');
  await expect(page).toHaveURL(/\/sign-in\?next=%2Ftest-credits|\/sign-in\?next=\/test-credits/);
});
