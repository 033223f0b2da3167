import type { Browser, Page } from '@playwright/test';

import { opens, test as base } from '../harness/audit';
import { expect } from '../harness/fixtures';
import { type Look, LOOKS } from '../harness/pages.mjs';
import { dense, type Paper, pagesOf } from '../harness/paper';

/** What is printed from: a dark page in each language, on the paper of those who read it. */
const PAPERS = [
  { locale: 'en-US', format: 'Letter', width: 612, height: 792 },
  { locale: 'zh-CN', format: 'A4', width: 595, height: 842 },
] as const;

const RECEIPTS = ['receipt', 'receipt-returned', 'receipt-plan'];

/** As the sandbox sells. */
const SELLER = ['Atelier Sandbox', '1 Example Street, 00000 Sampletown', 'help@example.com'];

/** The entries of one page of the statement. */
const SHOWN = 50;

/** The darkest grey that words may have. */
const SOFTEST_INK = 0.2;

interface Printed {
  page: Page;
  sheets: Paper[];
}

interface Fixtures {
  prints: (look: Look, paper: (typeof PAPERS)[number]) => Promise<Printed>;
}

const test = base.extend<Fixtures>({
  prints: async ({ browser, sharedServer, world }, use) => {
    const pages: Page[] = [];
    await use(async (look, { locale, format }) => {
      const page = await darkPage(browser, sharedServer.url, locale);
      pages.push(page);
      await opens(page, look, world);
      const sheets = pagesOf(await page.pdf({ format }));
      await page.emulateMedia({ media: 'print' });
      return { page, sheets };
    });
    await Promise.all(pages.map((page) => page.context().close()));
  },
});

for (const paper of PAPERS) {
  for (const name of RECEIPTS) {
    test(`${name} is one black page of ${paper.format} with nothing around it`, async ({ prints }) => {
      const { page, sheets } = await prints(lookOf(name), paper);
      await isPlain(page, sheets, paper);
      const receipt = page.getByRole('article');
      const [number = ''] = await receipt.locator('.facts dd').allInnerTexts();
      expect(number).not.toBe('');
      for (const said of [...SELLER, number]) expect(sheets[0]?.text).toContain(dense(said));
      expect(
        sheets.map(({ text }) => text),
        'the receipt and nothing else',
      ).toEqual([dense(await receipt.innerText())]);
    });
  }

  test(`a long statement keeps its columns and rows on ${paper.format}`, async ({ prints, world }) => {
    const { page, sheets } = await prints(lookOf('statement-long'), paper);
    await isPlain(page, sheets, paper);
    expect(sheets.length).toBeGreaterThan(1);
    const heads = dense((await page.locator('thead th').allInnerTexts()).join(''));
    for (const { text } of sheets) expect(text.split(heads), 'the heads of the columns, once').toHaveLength(2);
    const on = (words: string) => sheets.findIndex(({ text }) => text.includes(words));
    const { entries } = await world.regular();
    const rows = Array.from({ length: SHOWN }, (_, at) => entries - at);
    for (const row of rows) expect(on(`begin${row}.`), `entry ${row}`).toBeGreaterThanOrEqual(0);
    expect(rows.filter((row) => on(`begin${row}.`) !== on(`end${row}.`))).toEqual([]);
    expect(sheets.at(-1)?.text.endsWith(dense('…')), 'older entries are on other paper').toBe(true);
  });
}

/** Black on white on paper of this size, without what only a screen is for. */
async function isPlain(page: Page, sheets: Paper[], { width, height }: (typeof PAPERS)[number]): Promise<void> {
  for (const sheet of sheets) {
    // Chromium rounds in pixels.
    expect(sheet.width).toBeCloseTo(width, -1);
    expect(sheet.height).toBeCloseTo(height, -1);
    for (const ink of sheet.inks) {
      const parts = ink.split(' ').map(Number);
      expect(new Set(parts).size, `${ink} is grey`).toBe(1);
      expect(Math.max(...parts), `${ink} is dark`).toBeLessThanOrEqual(SOFTEST_INK);
    }
  }
  for (const role of ['navigation', 'button', 'textbox', 'combobox', 'status'] as const) {
    // What is not shown has no role.
    await expect(page.getByRole(role)).toHaveCount(0);
  }
  expect(await page.evaluate(backgrounds), 'nothing behind the words').toEqual([]);
  const links = page.locator('a[href]:visible:not(.brand)');
  for (const link of await links.all()) {
    const [href, shown] = await link.evaluate((a) => [a.getAttribute('href'), getComputedStyle(a, '::after').content]);
    expect(shown, 'where a link leads').toContain(href);
  }
}

function backgrounds(): string[] {
  const white = ['rgba(0, 0, 0, 0)', 'rgb(255, 255, 255)'];
  const shown = [...document.querySelectorAll('*')].filter((element) => element.checkVisibility());
  const behind = shown.filter((element) => !white.includes(getComputedStyle(element).backgroundColor));
  return behind.map(({ localName, className }) => `${localName}.${String(className)}`);
}

async function darkPage(browser: Browser, baseURL: string, locale: string): Promise<Page> {
  const context = await browser.newContext({ baseURL, locale, colorScheme: 'dark' });
  return context.newPage();
}

function lookOf(name: string): Look {
  const look = LOOKS.find((each) => each.name === name);
  if (!look) throw new Error(`nothing is called ${name}`);
  return look;
}
