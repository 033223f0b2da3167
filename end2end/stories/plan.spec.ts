import { expect, test } from '../harness/fixtures';
import { expectOneTruth } from '../harness/html';

test('a plan begins, is looked after at the provider, ended and taken up again', async ({ visitor, page }) => {
  const { plan } = visitor.words;
  await visitor.arrivesSignedIn();
  await visitor.opens('/payments');
  await visitor.button(plan.subscribe).click();
  await visitor.isAtTheProvider();
  const { html } = await visitor.paysAndLands();
  expect(html).toMatch(plan.begun);
  expectOneTruth(html);

  await visitor.opens('/dashboard');
  await visitor.sees('plan-name', 'premium-monthly');
  await visitor.sees('remaining-uses', 100 + 8 + 3);

  // The browser follows the form to the provider's pages only if the policy lists their origin.
  await visitor.opens('/payments');
  await visitor.button(plan.portal).click();
  await page.waitForURL((url) => url.origin === visitor.server.otherUrl);

  await visitor.opens('/payments');
  await page.getByText(plan.end, { exact: true }).click();
  await visitor.button(plan.endSure).click();
  await expect(page.getByText(plan.ends)).toBeVisible();
  await visitor.button(plan.resume).click();
  await expect(page.getByText(plan.end, { exact: true })).toBeVisible();
});
