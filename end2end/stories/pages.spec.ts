import type { Page } from '@playwright/test';

import { expect, test } from '../harness/fixtures';
import { expectOneTruth } from '../harness/html';
import { OPEN_PAGES, PERSONAL_PAGES } from '../harness/pages.mjs';

for (const path of OPEN_PAGES) {
  test(`${path} fits a stranger's screen`, async ({ visitor, page }) => {
    await visitor.opens(path);
    await fits(page);
  });
}

for (const path of PERSONAL_PAGES) {
  test(`${path} fits, and tells one truth`, async ({ visitor, page }) => {
    await visitor.arrivesSignedIn();
    await visitor.opens(path);
    await fits(page);
    await visitor.sees('credits-remaining', 8);
    await expect(page.getByRole('link', { name: visitor.words.bar.recharge }).first()).toBeVisible();
    expectOneTruth(await page.content());
  });
}

/** No horizontal scroll, one title, the reader's language. */
async function fits(page: Page): Promise<void> {
  const { wide, seen } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    seen: document.documentElement.clientWidth,
  }));
  expect(wide, 'nothing sticks out').toBeLessThanOrEqual(seen);
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expect(page).toHaveTitle(/\S/);
}
