import { expect, type Locator, type Page } from '@playwright/test';

/** The link in the newest letter to this address, in the sandbox's letter box. */
export async function letter(page: Page, to: string, path: string): Promise<Locator> {
  const link = page.locator('article').filter({ hasText: to }).locator(`a[href*="${path}"]`).first();
  await expect(async () => {
    await page.goto('/sandbox/mail');
    await expect(link).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 10_000 });
  return link;
}
