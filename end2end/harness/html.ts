import { expect } from '@playwright/test';

import { FIGURES, type Figure } from './contract';

/** The pages are our own and well-formed, so patterns are enough, and see the text a browser would repair. */

const TAG = /<[a-z][^>]*>/gi;

function attribute(tag: string, name: string): string | undefined {
  const match = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag);
  return match ? unescape(match[1] ?? match[2] ?? match[3] ?? '') : undefined;
}

function unescape(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'")
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function tags(html: string): string[] {
  return html.match(TAG) ?? [];
}

/** Every value the page shows under this name. */
export function figure(html: string, name: Figure): string[] {
  return tags(html)
    .filter((tag) => attribute(tag, 'data-testid') === name)
    .map((tag) => attribute(tag, 'data-value') ?? '');
}

/** Every `credits-remaining` of a page: there is at least one, and they are all this. */
export function expectBalance(html: string, credits: number): void {
  const shown = figure(html, 'credits-remaining');
  expect(shown.length, 'the balance is on the page').toBeGreaterThan(0);
  expect(new Set(shown)).toEqual(new Set([String(credits)]));
}

/** All figures of the same name on a page are equal. */
export function expectOneTruth(html: string): void {
  for (const name of FIGURES.filter((each) => each !== 'recharge-status' && each !== 'job-state')) {
    expect(new Set(figure(html, name)).size, `${name} has one value`).toBeLessThanOrEqual(1);
  }
}

/** What a page must be besides its content. */
export function expectClean(html: string): void {
  const scripts = [...html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/gi)];
  for (const [whole, attributes = '', content = ''] of scripts) {
    expect(attributes, `inline script: ${whole.slice(0, 200)}`).toMatch(/\ssrc=/);
    expect(content.trim()).toBe('');
  }
  expect(html, 'no inline style sheet').not.toMatch(/<style\b/i);
  const withStyle = tags(html).filter((tag) => attribute(tag, 'style') !== undefined);
  expect(withStyle, 'no inline style').toEqual([]);
  const withHandler = tags(html).filter((tag) => /\son[a-z]+=/i.test(tag));
  expect(withHandler, 'no inline event handler').toEqual([]);
  expect(html.match(/<\/html>/gi), 'one end').toHaveLength(1);
  expect(html.trimEnd(), 'nothing after the end').toMatch(/<\/html>$/i);
}

export function language(html: string): string | undefined {
  return attribute(/<html\b[^>]*>/i.exec(html)?.[0] ?? '', 'lang');
}

export interface Form {
  action: string;
  hidden: Record<string, string>;
}

/** The form that has a field of this name, as a program without a browser would fill it in. */
export function formWith(html: string, field: string, page: string): Form {
  const forms = html.match(/<form\b[\s\S]*?<\/form>/gi) ?? [];
  const form = forms.find((each) => tags(each).some((tag) => attribute(tag, 'name') === field));
  if (!form) throw new Error(`no form with a field \`${field}\` on ${page}`);
  const [opening = '', ...inside] = tags(form);
  const hidden = inside
    .filter((tag) => attribute(tag, 'type') === 'hidden')
    .map((tag) => [attribute(tag, 'name') ?? '', attribute(tag, 'value') ?? '']);
  return { action: attribute(opening, 'action') ?? page, hidden: Object.fromEntries(hidden) };
}
