import type { Locator, Page } from '@playwright/test';

import { restyles, test } from '../harness/audit';
import { expect } from '../harness/fixtures';
import type { Language } from '../words';

/** The sections of the style guide in their order; pictures of each are kept under its name. */
const SECTIONS = ['colours', 'type', 'space', 'buttons', 'fields', 'notices', 'figures', 'table'];

const LANGUAGES = { en: 'en-US', zh: 'zh-CN' } satisfies Record<Language, string>;

/** Both themes, widths and languages, each once. */
const VIEWS = [
  { theme: 'light', width: 1280, language: 'en' },
  { theme: 'dark', width: 360, language: 'zh' },
] as const;

/** So that nothing scrolls, and the bar on top stays clear of every section. */
const WHOLE_PAGE = 6000;

/** Letters: another version of the browser or a font may soften their edges, another weight is more than that. */
const LETTERS = { threshold: 0.2, maxDiffPixelRatio: 0.0025 };
/** The rest has edges that stay: a corner rounder by two pixels differs in twenty, a raster of another kind in three. */
const SHAPES = { threshold: 0.2, maxDiffPixels: 10 };
/** Whole areas, to a fiftieth of what the eye can tell apart. */
const COLOURS = { threshold: 0.02, maxDiffPixelRatio: 0.01 };

/** Machines differ in their fonts; these come with the tests (`xtask/src/setup.rs`). */
const FONTS = `
  :root, :lang(zh) { --display: "Noto Serif CJK SC"; --text: "Noto Sans CJK SC" }
  code { font-family: "Noto Sans Mono CJK SC" }
`;

const NO_LETTERS = '* { -webkit-text-fill-color: transparent !important; text-decoration-skip-ink: none !important }';

for (const { theme, width, language } of VIEWS) {
  const view = `${theme}-${width}-${language}`;
  test(`what pages are made of looks as it did, ${view}`, async ({ browser, sharedServer }) => {
    const context = await browser.newContext({
      baseURL: sharedServer.url,
      locale: LANGUAGES[language],
      colorScheme: theme,
      viewport: { width, height: WHOLE_PAGE },
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    await page.goto('/styleguide');
    await restyles(page, FONTS);
    await page.evaluate(() => document.fonts.ready);
    for (const [name, section] of await sectionsOf(page)) {
      await expect.soft(section).toHaveScreenshot(`${name}-${view}.png`, LETTERS);
    }
    await restyles(page, NO_LETTERS);
    for (const [name, section] of await sectionsOf(page)) {
      const picture = `${name}-${view}-shapes.png`;
      await expect.soft(section).toHaveScreenshot(picture, SHAPES);
      await expect.soft(section).toHaveScreenshot(picture, COLOURS);
    }
    await context.close();
  });
}

async function sectionsOf(page: Page): Promise<[string, Locator][]> {
  const sections = page.locator('main > section');
  await expect(sections).toHaveCount(SECTIONS.length);
  return SECTIONS.map((name, at) => [name, sections.nth(at)]);
}
