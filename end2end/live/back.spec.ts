import { expect, test } from '../harness/fixtures';

test('what the browser fills in again on the way back is shown', async ({ visitor, page }) => {
  await visitor.arrivesSignedIn();
  await visitor.triesOn();
  await visitor.waitsForJob('succeeded');
  await page.goBack();
  for (const field of ['person', 'garment']) {
    const input = page.locator(`#${field}`);
    await expect(input).toBeAttached();
    const isHonest = () =>
      input.evaluate((element: HTMLInputElement) => {
        const preview = element.closest('[data-drop]')?.querySelector('img');
        return Boolean(element.files?.length) === (preview?.hidden === false);
      });
    await expect.poll(isHonest, `${field}: a picture is shown exactly when one would be sent`).toBe(true);
  }
});
