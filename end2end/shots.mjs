/**
 * Photographs every page: `node shots.mjs SERVER_URL FOLDER`, started by `cargo xtask shots`.
 *
 * Four pictures a page, so that every pair of scheme, width and language is seen once, and contact sheets of two
 * pages each, which stay readable.
 */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { chromium } from '@playwright/test';

import { OPEN_PAGES, PERSONAL_PAGES } from './harness/pages.mjs';

/**
 * @typedef {{ scheme: 'light' | 'dark', width: 1280 | 360, language: 'en' | 'zh' }} View
 * @typedef {{ name: string, path: string, open?: boolean, plan?: boolean }} Subject
 * @typedef {import('@playwright/test').Browser} Browser
 * @typedef {import('@playwright/test').Page} Page
 */

/** @type {View[]} */
const VIEWS = [
  { scheme: 'light', width: 1280, language: 'en' },
  { scheme: 'dark', width: 1280, language: 'zh' },
  { scheme: 'dark', width: 360, language: 'en' },
  { scheme: 'light', width: 360, language: 'zh' },
];

const HEIGHTS = { 1280: 900, 360: 740 };
const LOCALES = { en: 'en-US', zh: 'zh-CN' };
const PAGES_A_SHEET = 2;
const SAMPLES = resolve(import.meta.dirname, '../public/samples');
const JOB_LIMIT_MS = 60_000;

const [server = '', folder = 'shots'] = process.argv.slice(2);
if (!server) throw new Error('usage: node shots.mjs SERVER_URL FOLDER');

const browser = await chromium.launch({
  executablePath: process.env['END2END_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
try {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const account = await signUp();
  const subscriber = await signUp();
  const subjects = [...(await gather(browser, account)), ...(await gatherPlan(subscriber))];
  for (const view of VIEWS) await photographAll(browser, view, subjects, account, subscriber);
  const sheets = await contactSheets(browser, subjects);
  console.log(`${subjects.length * VIEWS.length} pictures and ${sheets} contact sheets in ${folder}`);
} finally {
  await browser.close();
}

/** @returns {Promise<string>} the cookies of a new account */
async function signUp() {
  const email = `shots-${Date.now()}-${Math.random()}@example.com`;
  const answer = await post('/api/auth/sign-up', { email, password: 'correct horse battery staple' });
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

/**
 * Lives through the main job, so that the pages have something to show.
 * @param {Browser} browser
 * @param {string} account
 * @returns {Promise<Subject[]>}
 */
async function gather(browser, account) {
  const result = await tryOn(browser, account);
  const paid = await buy(account);
  const landing = await pay(paid.session_id);
  const open = await buy(account);
  return [
    ...OPEN_PAGES.map((path) => ({ name: nameOf(path), path, open: true })),
    { name: 'not-found', path: '/nowhere', open: true },
    ...PERSONAL_PAGES.map((path) => ({ name: nameOf(path), path })),
    { name: 'result', path: result },
    { name: 'success', path: landing },
    { name: 'receipt', path: `/payments/receipts/${paid.recharge_id}` },
    { name: 'success-unpaid', path: `/payments/success?session_id=${open.session_id}` },
    { name: 'hosted-checkout', path: open.url },
  ];
}

/**
 * The pages of somebody with a plan.
 * @param {string} subscriber
 * @returns {Promise<Subject[]>}
 */
async function gatherPlan(subscriber) {
  const paid = await buy(subscriber, 'premium-monthly');
  const landing = await pay(paid.session_id);
  await fetch(new URL(landing, server), { headers: { cookie: subscriber } });
  const pages = [
    { name: 'plan-success', path: `${landing}&stay=1` },
    { name: 'plan-payments', path: '/payments' },
    { name: 'plan-dashboard', path: '/dashboard' },
    { name: 'plan-receipt', path: `/payments/receipts/${paid.recharge_id}` },
  ];
  return pages.map((page) => ({ ...page, plan: true }));
}

/**
 * @param {Browser} browser
 * @param {string} account
 */
async function tryOn(browser, account) {
  const page = await pageFor(browser, { scheme: 'light', width: 1280, language: 'en' }, account);
  await page.goto('/try-on');
  const form = page.locator('form', { has: page.locator('input[name=garment]') });
  await form.locator('input[name=person]').setInputFiles(join(SAMPLES, 'person-ada.jpg'));
  await form.locator('input[name=garment]').setInputFiles(join(SAMPLES, 'garment-tee.png'));
  for (const box of await form.getByRole('checkbox').all()) await box.check();
  await form.getByRole('button').last().click();
  const done = page.locator('[data-testid=job-state][data-value=succeeded]').first();
  await done.waitFor({ state: 'attached', timeout: JOB_LIMIT_MS });
  const { pathname, search } = new URL(page.url());
  await page.context().close();
  return pathname + search;
}

/**
 * @param {string} account
 * @param {string} [item]
 * @returns {Promise<{ recharge_id: string, session_id: string, url: string }>}
 */
async function buy(account, item = 'credits-10') {
  const answer = await post('/api/checkout', { item }, account);
  return /** @type {Promise<{ recharge_id: string, session_id: string, url: string }>} */ (answer.json());
}

/** @param {string} session */
async function pay(session) {
  const answer = await fetch(new URL(`/sandbox/stripe/checkout/${session}`, server), {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ card_number: '4242424242424242' }),
  });
  const { pathname, search } = new URL(answer.headers.get('location') ?? '', server);
  return pathname + search;
}

/**
 * @param {string} path
 * @param {unknown} body
 * @param {string} [cookie]
 */
async function post(path, body, cookie) {
  const headers = { 'content-type': 'application/json', ...(cookie && { cookie }) };
  const answer = await fetch(new URL(path, server), { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

/**
 * @param {Browser} browser
 * @param {View} view
 * @param {string} [account]
 * @returns {Promise<Page>}
 */
async function pageFor(browser, { scheme, width, language }, account) {
  const context = await browser.newContext({
    baseURL: server,
    colorScheme: scheme,
    locale: LOCALES[language],
    viewport: { width, height: HEIGHTS[width] },
    reducedMotion: 'reduce',
  });
  for (const pair of account?.split('; ') ?? []) {
    const [name = '', ...value] = pair.split('=');
    await context.addCookies([{ name, value: value.join('='), url: server }]);
  }
  return context.newPage();
}

/**
 * @param {Browser} browser
 * @param {View} view
 * @param {Subject[]} subjects
 * @param {string} account
 * @param {string} subscriber
 */
async function photographAll(browser, view, subjects, account, subscriber) {
  const stranger = await pageFor(browser, view);
  const owner = await pageFor(browser, view, account);
  const planned = await pageFor(browser, view, subscriber);
  for (const subject of subjects) {
    const page = subject.open ? stranger : subject.plan ? planned : owner;
    await page.goto(subject.path);
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: join(folder, fileOf(subject, view)), fullPage: true });
  }
  await stranger.context().close();
  await owner.context().close();
  await planned.context().close();
}

/**
 * @param {Browser} browser
 * @param {Subject[]} subjects
 */
async function contactSheets(browser, subjects) {
  const page = await browser.newPage({ viewport: { width: 1880, height: 900 } });
  let sheets = 0;
  for (let first = 0; first < subjects.length; first += PAGES_A_SHEET) {
    const name = join(folder, `contact-${String(++sheets).padStart(2, '0')}`);
    await writeFile(`${name}.html`, sheet(subjects.slice(first, first + PAGES_A_SHEET)));
    await page.goto(pathToFileURL(resolve(`${name}.html`)).href);
    await page.screenshot({ path: `${name}.png`, fullPage: true });
  }
  await page.close();
  return sheets;
}

/** @param {Subject[]} subjects */
function sheet(subjects) {
  return `<!doctype html><meta charset="utf-8"><title>Atelier, contact sheet</title><style>
    body { margin: 16px; font: 16px system-ui, sans-serif; background: #888; color: #fff }
    h2 { margin: 16px 0 8px }
    section { display: flex; gap: 12px; align-items: flex-start }
    figure { margin: 0 }
    img { display: block; max-height: 760px; object-fit: cover; object-position: top }
    .wide { width: 640px } .narrow { width: 270px }
  </style>${subjects.map(row).join('\n')}`;
}

/** @param {Subject} subject */
function row(subject) {
  const figures = VIEWS.map((view) => {
    const label = `${view.scheme} · ${view.width} · ${view.language}`;
    const shape = view.width === 1280 ? 'wide' : 'narrow';
    const picture = `<img class="${shape}" src="${fileOf(subject, view)}" alt="">`;
    return `<figure>${picture}<figcaption>${label}</figcaption></figure>`;
  });
  return `<h2>${subject.name}</h2><section>${figures.join('')}</section>`;
}

/**
 * @param {Subject} subject
 * @param {View} view
 */
function fileOf({ name }, { scheme, width, language }) {
  return `${name}-${scheme}-${width}-${language}.png`;
}

/** @param {string} path */
function nameOf(path) {
  return path.split('/').filter(Boolean).join('-') || 'home';
}
