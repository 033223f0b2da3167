import { expect, test } from '../harness/fixtures';

/** Needs no photo of one's own; the browser sends the untouched file inputs along, empty. */
async function choosesSamples(page: import('@playwright/test').Page): Promise<void> {
  for (const [field, sample] of [
    ['person_sample', 'person-ada'],
    ['garment_sample', 'garment-tee'],
  ]) {
    await page.locator(`input[name="${field}"][value="${sample}"]`).check({ force: true });
  }
}

test('the drawn samples do for a first picture', async ({ visitor, page }) => {
  await visitor.arrivesSignedIn();
  await visitor.opens('/try-on');
  await choosesSamples(page);
  await visitor.button(visitor.words.tryOn.submit).click();
  await visitor.waitsForJob('succeeded');
  await visitor.seesTheResult();
});

test('nothing chosen is named at both pictures', async ({ visitor, page }) => {
  const person = await visitor.arrivesSignedIn();
  await visitor.opens('/try-on');
  await visitor.button(visitor.words.tryOn.submit).click();
  for (const field of ['person', 'garment']) {
    await expect(page.locator(`#${field}-error`)).not.toBeEmpty();
  }
  expect((await person.wallet()).credits.remaining).toBe(8);
});
