import type { BrowserContext, Page } from '@playwright/test';

import { acts, note, opens, restyles, test as base } from '../harness/audit';
import { expect } from '../harness/fixtures';
import { layout } from '../harness/layout';
import { FIRST_LOOKS, type Look, LOOKS } from '../harness/pages.mjs';
import type { Language } from '../words';

/** A window of 1280 × 900, in CSS pixels; the narrower is that of WCAG 1.4.10. */
const ZOOMS = { '200 %': { width: 640, height: 450 }, '400 %': { width: 320, height: 225 } };

/** What of the window may stay in place while the page scrolls. */
const MOST_COVERED = 0.5;

const NONE = { sideways: 0, cut: [], spilled: [], overlapping: [], scrolling: [] };

/** WCAG 1.4.12: what readers may set, and lose nothing by. */
const SPACING = `
  * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
  p { margin-block-end: 2em !important }
`;

const LANGUAGES = { en: 'en-US', zh: 'zh-CN' } satisfies Record<Language, string>;
const THEMES = ['light', 'dark'] as const;

interface View {
  language: Language;
  page: Page;
}

const test = base.extend<object, { views: View[] }>({
  views: [
    async ({ browser, sharedServer }, use) => {
      const contexts: BrowserContext[] = [];
      const views: View[] = [];
      for (const language of Object.keys(LANGUAGES) as Language[]) {
        const context = await browser.newContext({
          baseURL: sharedServer.url,
          locale: LANGUAGES[language],
          viewport: ZOOMS['400 %'],
          deviceScaleFactor: 2,
          reducedMotion: 'reduce',
        });
        contexts.push(context);
        views.push({ language, page: await context.newPage() });
      }
      await use(views);
      await Promise.all(contexts.map((context) => context.close()));
    },
    { scope: 'worker' },
  ],
});

for (const [at, look] of LOOKS.entries()) {
  test(`${look.name} can be read at 200 and 400 %, and with wide spacing`, async ({ views, world }, info) => {
    const covered: number[] = [];
    for (const { language, page } of viewsOf(look, at, views)) {
      await page.emulateMedia({ colorScheme: THEMES[(Math.floor(at / 2) + Number(language === 'zh')) % 2]! });
      await page.setViewportSize(ZOOMS['400 %']);
      await opens(page, look, world);
      await acts(page, look, world, true);
      covered.push(await judged(page, language, 'as it is'));
      await restyles(page, SPACING);
      await judged(page, language, 'wide spacing');
    }
    const most = Math.round(Math.max(...covered) * 100);
    note(info, 'zoom', { page: look.name, languages: covered.length, 'covered %': most });
  });
}

/** Every page meets both languages as it is, its further states one of them. */
function viewsOf(look: Look, at: number, views: View[]): View[] {
  return FIRST_LOOKS.includes(look) ? views : views.filter(({ language }) => (language === 'en') === (at % 2 === 0));
}

/** Looks at both zooms; answers the greatest part of the window that stays in place. */
async function judged(page: Page, language: Language, text: 'as it is' | 'wide spacing'): Promise<number> {
  let most = 0;
  for (const [zoom, viewport] of Object.entries(ZOOMS)) {
    await page.setViewportSize(viewport);
    const where = `at ${zoom}, ${language}, ${text}`;
    const { covered, broken, ...faults } = await page.evaluate(layout);
    expect.soft(faults, where).toEqual(NONE);
    // Millions set wide need a second line.
    if (text === 'as it is') expect.soft(broken, where).toEqual([]);
    expect.soft(covered, `what stays in place ${where}`).toBeLessThanOrEqual(MOST_COVERED);
    most = Math.max(most, covered);
  }
  return most;
}
