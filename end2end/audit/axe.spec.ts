import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { BrowserContext, Page } from '@playwright/test';
import axe, { type AxeResults, type Result } from 'axe-core';

import { LIVE_SCRIPT, note, opens, test as base } from '../harness/audit';
import { expect } from '../harness/fixtures';
import { FIRST_LOOKS, type Look, LOOKS } from '../harness/pages.mjs';
import type { World } from '../harness/world.mjs';
import type { Language } from '../words';

/** WCAG 2.2 A and AA, and beyond it what axe advises and what it only tries out. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice', 'experimental'];

/** The same as `axe.source`, and half as long to read. */
const AXE = readFileSync(resolve(import.meta.dirname, '../node_modules/axe-core/axe.min.js'), 'utf8');

/** Says of every page with something hidden that it was not looked at: each such state is a look of its own. */
const ALWAYS_UNDECIDED = 'hidden-content';

const LANGUAGES = { en: 'en-US', zh: 'zh-CN' } satisfies Record<Language, string>;
const THEMES = ['light', 'dark'] as const;
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };

/** A browser of one language, with the page's script or without it. Axe itself needs a browser that runs scripts. */
interface View {
  language: Language;
  scripted: boolean;
  page: Page;
}

/** One look in one view and one theme. */
interface Seen {
  where: string;
  results: AxeResults;
}

const test = base.extend<object, { views: View[] }>({
  views: [
    async ({ browser, sharedServer }, use) => {
      const contexts: BrowserContext[] = [];
      const views: View[] = [];
      for (const language of Object.keys(LANGUAGES) as Language[]) {
        for (const scripted of [true, false]) {
          const context = await browser.newContext({
            baseURL: sharedServer.url,
            locale: LANGUAGES[language],
            reducedMotion: 'reduce',
          });
          if (!scripted) await context.route(LIVE_SCRIPT, (route) => route.abort());
          contexts.push(context);
          views.push({ language, scripted, page: await context.newPage() });
        }
      }
      await use(views);
      await Promise.all(contexts.map((context) => context.close()));
    },
    { scope: 'worker' },
  ],
});

for (const look of LOOKS) {
  test(`axe finds nothing wrong with ${look.name}`, async ({ views, world }, info) => {
    const seen: Seen[] = [];
    for (const view of viewsOf(look, views)) seen.push(...(await inBothThemes(view, look, world)));
    const violations = gathered(seen, ({ violations }) => violations);
    const undecided = gathered(seen, ({ incomplete }) => incomplete.filter(({ id }) => id !== ALWAYS_UNDECIDED));
    note(info, 'axe', {
      page: look.name,
      variants: seen.length,
      'rules passed': Math.min(...seen.map(({ results }) => results.passes.length)),
      violations: violations.length,
      'left to people': [...new Set(undecided.map(({ rule }) => rule))].join(', '),
    });
    for (const { results } of seen) expect(ran(results), 'no rule is off').toEqual(rules());
    expect(violations).toEqual([]);
  });
}

/** Every page meets all of them as it is; its further states each language and each way of script once. */
function viewsOf(look: Look, views: View[]): View[] {
  return FIRST_LOOKS.includes(look) ? views : views.filter(({ language, scripted }) => (language === 'en') === scripted);
}

/** The width changes along, so that each pair of width with language, theme and script is seen. */
async function inBothThemes(view: View, look: Look, world: World): Promise<Seen[]> {
  const { language, scripted, page } = view;
  const seen: Seen[] = [];
  await page.emulateMedia({ colorScheme: 'light' });
  await opens(page, look, world);
  await look.then?.(page, world, scripted);
  await page.evaluate(AXE);
  for (const theme of THEMES) {
    const isWide = (language === 'en') === (theme === 'light');
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize(isWide ? DESKTOP : PHONE);
    const script = scripted ? 'live' : 'live.js blocked';
    const where = `${theme} ${language} ${script} ${(isWide ? DESKTOP : PHONE).width}`;
    seen.push({ where, results: await judge(page) });
  }
  return seen;
}

function judge(page: Page): Promise<AxeResults> {
  return page.evaluate(
    (tags) =>
      (globalThis as typeof globalThis & { axe: typeof axe }).axe.run(document, {
        runOnly: { type: 'tag', values: tags },
        resultTypes: ['violations', 'incomplete'],
      }),
    TAGS,
  );
}

/** The rules of these tags that axe has not withdrawn itself, and those that ran. */
function rules(): string[] {
  return axe
    .getRules(TAGS)
    .filter(({ tags }) => !tags.includes('deprecated'))
    .map(({ ruleId }) => ruleId)
    .sort();
}

function ran({ passes, violations, incomplete, inapplicable }: AxeResults): string[] {
  const all = [passes, violations, incomplete, inapplicable].flat();
  return [...new Set(all.map(({ id }) => id))].sort();
}

interface Found {
  rule: string;
  element: string;
  says: string;
  where: string[];
}

/** Each thing once, with all places where it was found. */
function gathered(seen: Seen[], kind: (results: AxeResults) => Result[]): Found[] {
  const found = new Map<string, Found>();
  for (const { where, results } of seen) {
    for (const { id: rule, nodes } of kind(results)) {
      for (const { target, failureSummary: says = '' } of nodes) {
        const element = target.join(' ');
        const one = found.get(`${rule} ${element}`) ?? { rule, element, says, where: [] };
        found.set(`${rule} ${element}`, one);
        one.where.push(where);
      }
    }
  }
  return [...found.values()];
}
