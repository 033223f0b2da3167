import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { BrowserContext, Page, TestInfo } from '@playwright/test';
import axe, { type AxeResults, type Result } from 'axe-core';

import { acts, LIVE_SCRIPT, note, opens, test as base } from '../harness/audit';
import { expect } from '../harness/fixtures';
import { FIRST_LOOKS, type Look, LOOKS } from '../harness/pages.mjs';
import { type Opened, Scale } from '../harness/scale';
import type { World } from '../harness/world.mjs';
import type { Language } from '../words';

/** WCAG 2.2 A and AA, and beyond it what axe advises and what it only tries out. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice', 'experimental'];

/** The same as `axe.source`, and half as long to read. */
const AXE = readFileSync(resolve(import.meta.dirname, '../node_modules/axe-core/axe.min.js'), 'utf8');

/** Says of every page with something hidden that it was not looked at: each such state is a look of its own. */
const ALWAYS_UNDECIDED = 'hidden-content';

/** Of a page without its pictures, as it comes over the wire with all headers. */
const MOST_BYTES = 30_000;

const LANGUAGES = { en: 'en-US', zh: 'zh-CN' } satisfies Record<Language, string>;
const THEMES = ['light', 'dark'] as const;
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };

/** A browser of one language, with the page's script or without it. Axe itself needs a browser that runs scripts. */
interface View {
  language: Language;
  scripted: boolean;
  page: Page;
  /** Where the script runs: without it the browser complains of what the test keeps from it. */
  scale: Scale | undefined;
}

/** One look in one view and one theme. */
interface Seen {
  where: string;
  results: AxeResults;
}

/** One look in one view: what its opening cost, and how it is in both themes. */
interface Judged {
  opened: Opened | undefined;
  seen: Seen[];
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
          const page = await context.newPage();
          views.push({ language, scripted, page, scale: scripted ? await Scale.under(page) : undefined });
        }
      }
      await use(views);
      await Promise.all(contexts.map((context) => context.close()));
    },
    { scope: 'worker' },
  ],
});

for (const [at, look] of LOOKS.entries()) {
  test(`${look.name} can be used by everyone, is light, stands still and breaks no rule`, async ({ views, world }, info) => {
    const judged: Judged[] = [];
    for (const view of viewsOf(look, at, views)) judged.push(await inBothThemes(view, look, world));
    isLight(
      look,
      judged.flatMap(({ opened }) => opened ?? []),
      info,
    );
    const seen = judged.flatMap((each) => each.seen);
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
function viewsOf(look: Look, at: number, views: View[]): View[] {
  if (FIRST_LOOKS.includes(look)) return views;
  const scriptedIn = at % 2 === 0 ? 'en' : 'zh';
  return views.filter(({ language, scripted }) => (language === scriptedIn) === scripted);
}

/** The width changes along, so that each pair of width with language, theme and script is seen. */
async function inBothThemes({ language, scripted, page, scale }: View, look: Look, world: World): Promise<Judged> {
  const wears = async (theme: (typeof THEMES)[number]) => {
    const size = (language === 'en') === (theme === 'light') ? DESKTOP : PHONE;
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize(size);
    return size.width;
  };
  await wears('light');
  const opened = scale ? await scale.opens(look, world) : await opens(page, look, world);
  await acts(page, look, world, scripted);
  await page.evaluate(AXE);
  const seen: Seen[] = [];
  for (const theme of THEMES) {
    const width = await wears(theme);
    const where = `${theme} ${language} ${scripted ? 'live' : 'live.js blocked'} ${width}`;
    seen.push({ where, results: await judge(page) });
  }
  return { opened: opened ?? undefined, seen };
}

/** The heavier of several openings counts. */
function isLight({ name }: Look, opened: Opened[], info: TestInfo): void {
  const total = ({ bytes }: Opened) => Object.values(bytes).reduce((sum, each) => sum + each, 0);
  const heaviest = opened.reduce((one, other) => (total(other) > total(one) ? other : one));
  const { Document: document = 0, Stylesheet: style = 0, Script: script = 0 } = heaviest.bytes;
  const shift = Math.max(...opened.map((each) => each.shift));
  const complaints = opened.flatMap((each) => each.complaints);
  note(info, 'weights', {
    page: name,
    document,
    style,
    script,
    other: total(heaviest) - document - style - script,
    'all bytes': total(heaviest),
    'layout shift': Number(shift.toFixed(4)),
    'console errors': complaints.length,
  });
  expect.soft(complaints, 'what the browser complained about').toEqual([]);
  for (const { policy } of opened) expect.soft(policy, 'the policy').toMatch(/^default-src 'none'; (?!.*unsafe)/);
  expect.soft(shift, 'nothing moves').toBe(0);
  expect.soft(total(heaviest), 'bytes without pictures').toBeLessThan(MOST_BYTES);
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
