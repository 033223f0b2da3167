/**
 * Photographs every state of every page: `node shots.mjs SERVER_URL FOLDER PICTURES`, started by `cargo xtask shots`.
 *
 * Four pictures a state, so that every pair of scheme, width and language is seen once, and one contact sheet of all
 * of them beside sheets of a few, which stay readable. The pictures of the README go to PICTURES.
 */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { chromium } from '@playwright/test';

import { addressOf, cookiesOf, LOOKS } from './harness/pages.mjs';
import { World } from './harness/world.mjs';

/**
 * @typedef {{ scheme: 'light' | 'dark', width: 1280 | 360, language: 'en' | 'zh' }} View
 * @typedef {import('./harness/pages.mjs').Look} Look
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

/** What the README shows: each a look on a light desktop or a dark phone. @type {[string, View][]} */
const README = [
  ['home', { scheme: 'light', width: 1280, language: 'en' }],
  ['dashboard', { scheme: 'light', width: 1280, language: 'en' }],
  ['job', { scheme: 'dark', width: 360, language: 'en' }],
  ['payments', { scheme: 'dark', width: 360, language: 'en' }],
];

const HEIGHTS = { 1280: 900, 360: 740 };
const LOCALES = { en: 'en-US', zh: 'zh-CN' };
const LOOKS_A_SHEET = 3;

const [server = '', folder = 'shots', pictures = ''] = process.argv.slice(2);
if (!server) throw new Error('usage: node shots.mjs SERVER_URL FOLDER [PICTURES]');

const world = new World(server);
const browser = await chromium.launch({
  executablePath: process.env['END2END_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
try {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const view of VIEWS) for (const look of LOOKS) await photograph(look, view, join(folder, fileOf(look, view)));
  const sheets = await contactSheets();
  if (pictures) await readme();
  console.log(`${LOOKS.length * VIEWS.length} pictures and ${sheets} contact sheets in ${folder}`);
} finally {
  await browser.close();
}

/**
 * @param {Look} look
 * @param {View} view
 * @param {string} path
 * @param {boolean} [whole] as long as it is, not as the window
 */
async function photograph(look, { scheme, width, language }, path, whole = true) {
  const context = await browser.newContext({
    baseURL: server,
    colorScheme: scheme,
    locale: LOCALES[language],
    viewport: { width, height: HEIGHTS[width] },
    reducedMotion: 'reduce',
  });
  // An account keeps the language it was last looked at in.
  await context.addCookies([...(await cookiesOf(look, world)), { name: 'atelier_language', value: language, url: server }]);
  const page = await context.newPage();
  await page.goto(await addressOf(look, world));
  await look.then?.(page, world, true);
  await page.waitForLoadState();
  await page.evaluate(() => document.fonts.ready);
  const type = path.endsWith('.jpg') ? { type: /** @type {const} */ ('jpeg'), quality: 85 } : {};
  await page.screenshot({ path, fullPage: whole, ...type });
  await context.close();
}

async function readme() {
  await mkdir(pictures, { recursive: true });
  for (const [name, view] of README) {
    const look = LOOKS.find((each) => each.name === name);
    if (!look) throw new Error(`nothing is called ${name}`);
    await photograph(look, view, join(pictures, `${name}.jpg`), false);
  }
}

async function contactSheets() {
  const page = await browser.newPage({ viewport: { width: 1880, height: 900 } });
  let sheets = 0;
  for (let first = 0; first < LOOKS.length; first += LOOKS_A_SHEET) {
    const name = `contact-${String(++sheets).padStart(2, '0')}`;
    await drawn(page, name, LOOKS.slice(first, first + LOOKS_A_SHEET), '');
  }
  await drawn(page, 'contact-all', LOOKS, 'zoom: 0.35');
  await page.close();
  return sheets + 1;
}

/**
 * @param {Page} page
 * @param {string} name
 * @param {Look[]} looks
 * @param {string} style
 */
async function drawn(page, name, looks, style) {
  const file = join(folder, name);
  await writeFile(`${file}.html`, sheet(looks, style));
  await page.goto(pathToFileURL(resolve(`${file}.html`)).href);
  await page.screenshot({ path: `${file}.jpg`, fullPage: true, type: 'jpeg', quality: 80 });
}

/**
 * @param {Look[]} looks
 * @param {string} style
 */
function sheet(looks, style) {
  return `<!doctype html><meta charset="utf-8"><title>Atelier, contact sheet</title><style>
    body { margin: 16px; font: 16px system-ui, sans-serif; background: #888; color: #fff; ${style} }
    main { display: flex; flex-wrap: wrap; gap: 16px }
    h2 { margin: 0 0 8px }
    section > div { display: flex; gap: 12px; align-items: flex-start }
    figure { margin: 0 }
    img { display: block; max-height: 760px; object-fit: cover; object-position: top }
    .wide { width: 640px } .narrow { width: 270px }
  </style><main>${looks.map(row).join('\n')}</main>`;
}

/** @param {Look} look */
function row(look) {
  const figures = VIEWS.map((view) => {
    const label = `${view.scheme} · ${view.width} · ${view.language}`;
    const shape = view.width === 1280 ? 'wide' : 'narrow';
    const picture = `<img class="${shape}" src="${fileOf(look, view)}" alt="">`;
    return `<figure>${picture}<figcaption>${label}</figcaption></figure>`;
  });
  return `<section><h2>${look.name}</h2><div>${figures.join('')}</div></section>`;
}

/**
 * @param {Look} look
 * @param {View} view
 */
function fileOf({ name }, { scheme, width, language }) {
  return `${name}-${scheme}-${width}-${language}.png`;
}
