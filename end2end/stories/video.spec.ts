import type { Page } from '@playwright/test';

import { expect, test } from '../harness/fixtures';
import { SAMPLES } from '../harness/pictures';

const COST = 10;
const PROMPT = 'A woman in a red coat walks through falling snow 雪';

/** The film as the browser has it. */
async function played(page: Page, name: string): Promise<{ width: number; height: number; seconds: number }> {
  const film = page.getByLabel(name, { exact: true });
  await expect(film).toBeVisible();
  const read = () =>
    film.evaluate((video: HTMLVideoElement) => ({
      width: video.videoWidth,
      height: video.videoHeight,
      seconds: Math.round(video.duration * 10) / 10,
    }));
  await expect.poll(async () => (await read()).width, 'the film has loaded').toBeGreaterThan(0);
  return read();
}

test('words become a film that plays, for ten credits', async ({ visitor, admin, page }) => {
  const { video } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  await admin.setsCredits(person, 15);
  await visitor.opens('/video');
  await page.getByLabel(video.prompt).fill(PROMPT);
  await page.getByLabel(video.wide, { exact: true }).check({ force: true });
  await visitor.button(video.submit).click();
  await visitor.waitsForJob('succeeded');
  await visitor.sees('credits-remaining', 5);
  expect(await played(page, video.film)).toEqual({ width: 848, height: 480, seconds: 5 });
  await visitor.reads(PROMPT);

  if (visitor.scripted) {
    const film = page.getByLabel(video.film, { exact: true });
    await film.evaluate((element: HTMLVideoElement) => element.play());
    const time = () => film.evaluate((element: HTMLVideoElement) => element.currentTime);
    await expect.poll(time, 'the film runs').toBeGreaterThan(0.3);
    // Jumping about reads a part of the file.
    await film.evaluate((element: HTMLVideoElement) => {
      element.pause();
      element.currentTime = 4;
    });
    await expect.poll(() => film.evaluate((element: HTMLVideoElement) => element.seeking)).toBe(false);
    expect(await time()).toBeCloseTo(4, 0);
  }
  const kinds = (await person.entries()).map(({ kind, amount }) => [kind, amount]);
  expect(kinds.slice(-2)).toEqual([
    ['hold', -COST],
    ['capture', 0],
  ]);
});

test('a film that lacks credits waits while its owner buys, and is gone on with', async ({ visitor, admin, page }) => {
  const { video } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  // The form was open, and the credits were spent elsewhere.
  await admin.setsCredits(person, COST);
  await visitor.opens('/video');
  await page.getByLabel(video.prompt).fill(PROMPT);
  await page.locator('#image').setInputFiles(SAMPLES.person);
  await person.deducts(5);
  if (visitor.scripted) {
    // An open page hears of it; what was typed and chosen in it is still there.
    await visitor.button(visitor.words.keepAndBuy).click();
    await expect(page).toHaveURL(/\/payments$/);
  } else {
    await visitor.button(video.submit).click();
    await expect(page.getByRole('main').getByRole('link', { name: visitor.words.tryOn.buy }).first()).toBeVisible();
  }

  await visitor.choosesCreditsPack();
  await visitor.paysAndLands();
  await page.getByRole('link', { name: video.goOn }).click();
  await visitor.sees('credits-remaining', 15);
  await visitor.reads(video.kept);
  await page.getByRole('button', { name: video.submit }).first().click();
  await visitor.waitsForJob('succeeded');
  await visitor.sees('credits-remaining', 5);
  await visitor.reads(PROMPT);
});

test('what a try-on made begins a film, and what was deleted comes back', async ({ visitor, admin, page }) => {
  const { video, gallery } = visitor.words;
  const person = await visitor.arrivesSignedIn();
  await admin.setsCredits(person, 21);
  const worn = await person.triesOn();
  await visitor.opens(`/jobs/${worn.id}`);
  await page.getByRole('link', { name: video.animate }).click();
  await expect(page).toHaveURL(/\/video\?from=/);
  await visitor.button(video.submit).click();
  await visitor.waitsForJob('succeeded');
  await played(page, video.film);
  const film = new URL(page.url()).pathname;

  await visitor.button(gallery.remove).click();
  await expect(page).toHaveURL(/\/gallery/);
  await expect(page.locator(`a[href="${film}"]`)).toHaveCount(0);
  await visitor.button(gallery.undo).click();
  await visitor.reads(gallery.restored);
  await expect(page.locator(`a[href="${film}"]`)).toBeVisible();

  await page.getByRole('navigation').getByRole('link', { name: gallery.videos, exact: true }).last().click();
  await expect(page).toHaveURL(/tool=video/);
  await expect(page.locator('a.shot')).toHaveCount(1);
  await page.locator(`a[href="${film}"]`).click();
  await visitor.button(gallery.again).click();
  await expect(page).not.toHaveURL(new RegExp(film));
  await expect(visitor.page.getByTestId('job-state').first()).toHaveAttribute('data-value', /.+/);
});
