import type { Locator } from '@playwright/test';

import { expect, test } from '../harness/fixtures';
import { freshEmail, PASSWORD } from '../harness/people';
import { SAMPLES } from '../harness/pictures';
import { until } from '../harness/until';
import type { Visitor } from '../harness/visitor';

const MOST_CLICKS = 5;
const MOST_FIELDS = 2;
const JOB_LIMIT_MS = 40_000;
const PAGE_LOOKS_AGAIN_MS = 10_000;

/** What a newcomer has to do; choosing a file is neither. */
class Hands {
  clicks = 0;
  fields = 0;

  async click(target: Locator): Promise<void> {
    this.clicks++;
    await target.click();
  }

  async fill(field: Locator, text: string): Promise<void> {
    this.fields++;
    await field.fill(text);
  }
}

test('a newcomer gets from the home page to a picture of their own photos in five clicks and two fields', async ({
  visitor,
}) => {
  const { tryOn } = visitor.words;
  const hands = new Hands();
  await getsToTheForm(visitor, hands);
  for (const which of ['person', 'garment'] as const) {
    await visitor.page.getByLabel(tryOn[which], { exact: true }).setInputFiles(SAMPLES[which]);
  }
  await getsThePicture(visitor, hands);
  expect(hands.clicks, 'clicks').toBeLessThanOrEqual(MOST_CLICKS);
  expect(hands.fields, 'fields').toBeLessThanOrEqual(MOST_FIELDS);
});

test('a newcomer without photos gets one of the drawn ones in as many', async ({ visitor }) => {
  const hands = new Hands();
  await getsToTheForm(visitor, hands);
  for (const field of ['person_sample', 'garment_sample']) {
    await hands.click(visitor.page.locator(`label:has(input[name="${field}"]:not([value=""]))`).first());
  }
  await getsThePicture(visitor, hands);
  expect(hands.clicks, 'clicks').toBeLessThanOrEqual(MOST_CLICKS);
  expect(hands.fields, 'fields').toBeLessThanOrEqual(MOST_FIELDS);
});

/** By the way the pages show: nothing is typed into the address bar. */
async function getsToTheForm(visitor: Visitor, hands: Hands): Promise<void> {
  const { page, words } = visitor;
  const { home, signUp, dashboard } = words;
  await visitor.opens('/');
  await hands.click(page.getByRole('link', { name: home.start, exact: true }));
  const form = visitor.form(signUp.submit);
  await hands.fill(form.getByLabel(signUp.email, { exact: true }), freshEmail());
  await hands.fill(form.getByLabel(signUp.password, { exact: true }), PASSWORD);
  await hands.click(visitor.button(signUp.submit));
  await expect(page).not.toHaveURL(/\/sign-up/);
  if (new URL(page.url()).pathname === '/try-on') return;
  await hands.click(page.getByRole('link', { name: dashboard.tryOn, exact: true }).first());
  await expect(page).toHaveURL(/\/try-on$/);
}

/** Sends the form and waits. */
async function getsThePicture(visitor: Visitor, hands: Hands): Promise<void> {
  const { page, words } = visitor;
  await hands.click(visitor.button(words.tryOn.submit));
  await expect(page).toHaveURL(/\/jobs\//);
  const id = new URL(page.url()).pathname.split('/').at(-1);
  await until('the picture is made', JOB_LIMIT_MS, async () => {
    const answer = await page.request.get(`/api/jobs/${id}`);
    const { state } = (await answer.json()) as { state: string };
    return state === 'succeeded' || undefined;
  });
  // Without script the page looks again by itself.
  await visitor.sees('job-state', 'succeeded', PAGE_LOOKS_AGAIN_MS);
  await visitor.seesTheResult();
}
