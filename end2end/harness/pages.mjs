/**
 * The pages there are, read from the application's table of routes, and how each is visited. A new route is a new
 * line in `PAGES`, which a test demands: it is then audited in both languages and themes, and photographed. A plain
 * module, because `shots.mjs` reads it without a build step.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { PASSWORD } from './world.mjs';

/**
 * @typedef {import('@playwright/test').Page} Page
 * @typedef {import('./world.mjs').World} World
 * @typedef {import('./world.mjs').Who} Who
 */

/**
 * What is done on a page before it is looked at. `scripted` is whether `live.js` runs there.
 * @typedef {(page: Page, world: World, scripted: boolean) => Promise<void>} Act
 */

/**
 * One state of a page.
 * @typedef {object} Look
 * @property {string} name unlike all others
 * @property {Who} [as] who looks; a stranger where nobody is named
 * @property {(world: World) => string | Promise<string>} [at] its address, where that is not the route itself
 * @property {Act} [then]
 */

const TABLE = readFileSync(resolve(import.meta.dirname, '../../app/src/pages/mod.rs'), 'utf8');

/** The addresses of all pages, as the application routes them. */
export const ROUTES = [...TABLE.matchAll(/<Route\s+path=path!\("([^"]+)"\)/g)].map(([, path = '']) => path);

/** How many routes the table has, however they are written. */
export const ROUTES_WRITTEN = (TABLE.match(/<(?:Protected|Parent)?Route\s/g) ?? []).length;

/** @type {Record<string, Look[]>} */
export const PAGES = {
  '/': [{ name: 'home' }, { name: 'home-signed-in', as: 'owner' }],
  '/sign-up': [{ name: 'sign-up' }, { name: 'sign-up-refused', then: signsUpAgain }],
  '/sign-in': [
    { name: 'sign-in' },
    { name: 'sign-in-first', at: () => '/sign-in?next=/payments' },
    { name: 'sign-in-refused', then: forgetsThePassword },
  ],
  '/forgot': [{ name: 'forgot' }, { name: 'forgot-sent', then: asksForALetter }],
  '/reset/:token': [
    { name: 'reset', at: (world) => world.resetLink() },
    { name: 'reset-dead', at: () => '/reset/nothing' },
  ],
  '/verify/:token': [
    { name: 'verified', as: 'owner', at: async (world) => (await world.owner()).verify },
    { name: 'verify-dead', at: () => '/verify/nothing' },
  ],
  '/change-email/:token': [
    { name: 'change-email', as: 'mover', at: async (world) => (await world.mover()).change },
    { name: 'change-email-dead', at: () => '/change-email/nothing' },
  ],
  '/goodbye': [{ name: 'goodbye' }],
  '/terms': [{ name: 'terms' }],
  '/privacy': [{ name: 'privacy' }],
  '/dashboard': [
    { name: 'dashboard', as: 'owner' },
    { name: 'dashboard-new', as: 'newcomer' },
    { name: 'dashboard-told', as: 'onlooker', then: hearsNews },
    { name: 'dashboard-spent', as: 'spent' },
    { name: 'dashboard-rich', as: 'rich' },
    { name: 'dashboard-debt', as: 'debtor' },
    { name: 'dashboard-stopped', as: 'stopped' },
    { name: 'dashboard-plan', as: 'subscriber' },
    { name: 'dashboard-plan-ends', as: 'leaver' },
    { name: 'dashboard-plan-unpaid', as: 'late' },
  ],
  '/payments': [
    { name: 'payments', as: 'owner' },
    { name: 'payments-new', as: 'newcomer' },
    { name: 'payments-top-up', as: 'newcomer', then: opensTheTopUp },
    { name: 'payments-top-up-refused', as: 'newcomer', then: topsUpTooLittle },
    { name: 'payments-debt', as: 'debtor' },
    { name: 'payments-stopped', as: 'stopped' },
    { name: 'payments-plan', as: 'subscriber' },
    { name: 'payments-plan-unfolded', as: 'subscriber', then: unfolds },
    { name: 'payments-plan-ends', as: 'leaver' },
    { name: 'payments-plan-unpaid', as: 'late' },
  ],
  '/payments/success': [
    { name: 'success', as: 'owner', at: async (world) => stays((await world.owner()).pack.landing) },
    { name: 'success-plan', as: 'subscriber', at: async (world) => stays((await world.subscriber()).plan.landing) },
    { name: 'success-kept', as: 'keeper', at: async (world) => stays((await world.keeper()).pack.landing) },
    { name: 'success-unpaid', as: 'owner', at: async (world) => landing((await world.owner()).open) },
    { name: 'success-updating', as: 'owner', at: async (world) => stays((await world.owner()).updating) },
    { name: 'success-waited', as: 'owner', at: async (world) => `${(await world.owner()).updating}&asked=6` },
    { name: 'success-failed', as: 'unlucky', at: async (world) => stays((await world.unlucky()).failed) },
    { name: 'success-expired', as: 'unlucky', at: async (world) => (await world.unlucky()).expired },
    { name: 'success-surplus', as: 'twice', at: async (world) => stays((await world.twice()).landing) },
    { name: 'success-missing', as: 'newcomer' },
  ],
  '/payment/success': [{ name: 'success-older', as: 'owner', at: (world) => elsewhere(world, '/payment/success') }],
  '/success': [{ name: 'success-oldest', as: 'owner', at: (world) => elsewhere(world, '/success') }],
  '/payments/cancelled': [
    { name: 'cancelled', as: 'newcomer' },
    { name: 'cancelled-open', as: 'owner', at: cancelled },
  ],
  '/payments/receipts/:id': [
    { name: 'receipt', as: 'owner', at: async (world) => receipt((await world.owner()).pack) },
    { name: 'receipt-returned', as: 'owner', at: async (world) => receipt((await world.owner()).returned) },
    { name: 'receipt-plan', as: 'subscriber', at: async (world) => receipt((await world.subscriber()).plan) },
  ],
  '/try-on': [
    { name: 'try-on', as: 'newcomer' },
    { name: 'try-on-chosen', as: 'newcomer', then: choosesSamples },
    { name: 'try-on-refused', as: 'newcomer', then: choosesNothing },
    { name: 'try-on-again', as: 'owner', at: async (world) => again('/try-on', await world.owner()) },
    { name: 'try-on-unfolded', as: 'owner', then: unfolds },
    { name: 'try-on-spent', as: 'spent' },
    { name: 'try-on-kept', as: 'keeper' },
    { name: 'try-on-stopped', as: 'stopped' },
  ],
  '/video': [
    { name: 'video', as: 'owner' },
    { name: 'video-refused', as: 'owner', then: choosesNothing },
    { name: 'video-again', as: 'owner', at: async (world) => again('/video', await world.owner()) },
    { name: 'video-spent', as: 'newcomer' },
    { name: 'video-stopped', as: 'stopped' },
  ],
  '/jobs/:id': [
    { name: 'job', as: 'owner', at: async (world) => job((await world.owner()).tried) },
    { name: 'job-film', as: 'owner', at: async (world) => job((await world.owner()).film) },
    { name: 'job-running', as: 'owner', at: async (world) => job(await world.runningJob()) },
    { name: 'job-failed', as: 'owner', at: async (world) => job((await world.owner()).failed) },
    { name: 'job-cancelled', as: 'owner', at: async (world) => job((await world.owner()).cancelled) },
  ],
  '/gallery': [
    { name: 'gallery', as: 'owner' },
    { name: 'gallery-new', as: 'newcomer' },
    { name: 'gallery-nothing', as: 'newcomer', at: () => '/gallery?tool=video' },
  ],
  '/statement': [
    { name: 'statement', as: 'owner' },
    { name: 'statement-new', as: 'newcomer' },
    { name: 'statement-long', as: 'regular' },
    { name: 'statement-nothing', as: 'owner', at: () => '/statement?kind=expire&from=2026-01-01' },
  ],
  '/account': [
    { name: 'account', as: 'owner' },
    { name: 'account-new', as: 'newcomer' },
    { name: 'account-saved', as: 'owner', then: savesTheName },
    { name: 'account-password-refused', as: 'newcomer', then: mistakesThePassword },
    { name: 'account-token-made', as: 'owner', then: makesAToken },
    { name: 'account-delete-refused', as: 'newcomer', then: mistypesTheAddress },
  ],
  '/admin': [
    { name: 'admin', as: 'admin', at: withSales },
    { name: 'admin-unfolded', as: 'admin', at: withSales, then: unfolds },
    { name: 'admin-forbidden', as: 'newcomer' },
  ],
  '/admin/users': [
    { name: 'admin-people', as: 'admin', at: withPeople },
    { name: 'admin-people-none', as: 'admin', at: () => '/admin/users?q=nobody-is-called-so' },
  ],
  '/admin/users/:id': [
    { name: 'admin-person', as: 'admin', at: pageOfTheOwner },
    { name: 'admin-person-new', as: 'admin', at: pageOfANewcomer },
    { name: 'admin-person-stopped', as: 'admin', at: pageOfTheStopped },
    { name: 'admin-person-refused', as: 'admin', at: pageOfTheOwner, then: givesTooMuch },
    { name: 'admin-person-changed', as: 'admin', at: pageOfTheOwner, then: givesALittle },
  ],
  '/admin/users/:id/statement': [{ name: 'admin-statement', as: 'admin', at: statementOfTheOwner }],
  '/admin/purchases': [
    { name: 'admin-purchases', as: 'admin', at: withPurchases },
    { name: 'admin-purchases-none', as: 'admin', at: () => '/admin/purchases?held_back=account_deleted&status=disputed' },
  ],
  '/admin/purchases/:id': [
    { name: 'admin-purchase', as: 'admin', at: async (world) => purchase((await world.owner()).returned) },
    { name: 'admin-purchase-unpaid', as: 'admin', at: async (world) => purchase((await world.owner()).open) },
    { name: 'admin-purchase-plan', as: 'admin', at: async (world) => purchase((await world.subscriber()).plan) },
    {
      name: 'admin-purchase-fault',
      as: 'admin',
      at: async (world) => purchase(await world.paysUntold()),
      then: showsAFault,
    },
    { name: 'admin-refund', as: 'admin', at: async (world) => refund((await world.owner()).pack, 'all') },
    { name: 'admin-refund-wrong', as: 'admin', at: async (world) => refund((await world.owner()).pack, 'part') },
  ],
  '/admin/subscriptions': [
    { name: 'admin-subscriptions', as: 'admin', at: withPlans },
    { name: 'admin-subscriptions-none', as: 'admin', at: () => '/admin/subscriptions?status=incomplete' },
  ],
  '/admin/audit': [
    { name: 'admin-audit', as: 'admin', at: withEntries },
    { name: 'admin-audit-none', as: 'admin', at: () => '/admin/audit?action=nothing' },
  ],
  '/admin/jobs': [
    { name: 'admin-jobs', as: 'admin', at: withJobs },
    { name: 'admin-jobs-none', as: 'admin', at: () => '/admin/jobs?q=nobody@example.com' },
  ],
  '/admin/jobs/:id': [
    { name: 'admin-job', as: 'admin', at: async (world) => overseen((await world.owner()).failed) },
    { name: 'admin-job-open', as: 'admin', at: async (world) => overseen(await world.runningJob()) },
  ],
  '/admin/bulk': [
    { name: 'admin-bulk', as: 'admin', at: withABatch },
    { name: 'admin-bulk-refused', as: 'admin', then: pastesAnUnknownColumn },
  ],
  '/admin/bulk/:batch_id': [
    { name: 'admin-batch-kept', as: 'admin', at: () => '/admin/bulk', then: looksAtABatch },
    { name: 'admin-batch', as: 'admin', at: pageOfABatch },
    { name: 'admin-batch-undone', as: 'admin', at: pageOfAnUndoneBatch },
  ],
  '/admin/settings': [{ name: 'admin-settings', as: 'admin' }],
  '/admin/webhooks': [{ name: 'admin-events', as: 'admin', at: toEvents }],
  '/admin/webhooks/:id': [{ name: 'admin-event', as: 'admin', at: pageOfAnEvent }],
  '/api/docs': [
    { name: 'api' },
    { name: 'api-unfolded', then: unfolds },
    { name: 'api-admin', at: () => '/api/docs?admin', then: unfolds },
    { name: 'api-shapes', at: () => '/api/docs?shapes', then: unfolds },
    { name: 'api-shapes-admin', at: () => '/api/docs?shapes=admin', then: unfolds },
  ],
  '/admin/reconciliation': [
    { name: 'admin-reconciliation', as: 'admin' },
    { name: 'admin-reconciliation-checked', as: 'admin', then: checksNow },
  ],
  '/admin/anomalies': [
    { name: 'admin-anomalies', as: 'admin', at: withAnomalies },
    { name: 'admin-anomalies-none', as: 'admin', at: () => '/admin/anomalies?kind=ledger_drift' },
  ],
  '/styleguide': [{ name: 'styleguide' }],
  '/sandbox': [
    { name: 'sandbox', at: withPayments },
    { name: 'sandbox-unfolded', at: withPayments, then: unfolds },
  ],
  '/sandbox/mail': [{ name: 'mail', at: withLetters }],
  '/test-credits': [{ name: 'test-credits', as: 'owner' }],
};

/**
 * What people see that no route stands for: other servers’ pages, and what is answered instead of a page.
 * @type {Look[]}
 */
export const OTHERS = [
  { name: 'not-found', at: () => '/nowhere' },
  { name: 'not-found-signed-in', as: 'owner', at: () => '/nowhere' },
  { name: 'refused', at: () => '/sign-in', then: comesFromAnotherSite },
  { name: 'hosted-checkout', at: async (world) => (await world.owner()).open.url },
  { name: 'hosted-creem', at: async (world) => (await creem(world)).url },
  { name: 'hosted-portal', at: portal },
];

/** Every state of every page. */
export const LOOKS = [...Object.values(PAGES).flat(), ...OTHERS];

/** Every page as it is, before its further states. */
export const FIRST_LOOKS = Object.values(PAGES).flatMap((looks) => looks.find(({ then }) => !then) ?? []);

/** Pages that need nothing but their address: of everybody, and of whoever is signed in. */
const plain = Object.entries(PAGES).filter(([path]) => !path.includes(':') && !/success/.test(path));
export const OPEN_PAGES = plain.filter(([, [first]]) => !first?.as).map(([path]) => path);
export const PERSONAL_PAGES = plain.filter(([, [first]]) => first?.as).map(([path]) => path);

/**
 * Where a look is had.
 * @param {Look} look
 * @param {World} world
 */
export async function addressOf(look, world) {
  const [route = '/'] = Object.entries(PAGES).find(([, looks]) => looks.includes(look)) ?? [];
  const path = look.at ? await look.at(world) : route;
  return new URL(path, world.server).href;
}

/**
 * Cookies of whoever looks, as a browser takes them.
 * @param {Look} look
 * @param {World} world
 */
export async function cookiesOf({ as }, world) {
  const { cookie } = as ? await world.account(as) : { cookie: '' };
  const pairs = cookie.split('; ').filter(Boolean);
  return pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return { name, value: value.join('='), url: world.server };
  });
}

// ── addresses

/** @param {string} path */
const stays = (path) => `${path}&stay=1`;
/** @param {{ session_id: string }} checkout */
const landing = ({ session_id }) => `/payments/success?session_id=${session_id}`;
/** @param {{ recharge_id: string }} checkout */
const receipt = ({ recharge_id }) => `/payments/receipts/${recharge_id}`;
/** @param {{ id: string }} job */
const job = ({ id }) => `/jobs/${id}`;
/** @param {{ id: string }} job */
const overseen = ({ id }) => `/admin/jobs/${id}`;
/** @param {{ recharge_id: string }} checkout */
const purchase = ({ recharge_id }) => `/admin/purchases/${recharge_id}`;
/** @param {{ recharge_id: string }} checkout @param {string} how */
const refund = (checkout, how) => `${purchase(checkout)}?refund=${how}`;
/** @param {string} path @param {{ tried: { id: string } }} owner */
const again = (path, { tried }) => `${path}?from=${tried.id}`;

/** @param {World} world */
async function cancelled(world) {
  return `/payments/cancelled?recharge_id=${(await world.owner()).open.recharge_id}`;
}

/** The success page under an address it once had. @param {World} world @param {string} path */
async function elsewhere(world, path) {
  return stays(`${path}?session_id=${(await world.owner()).pack.session_id}`);
}

/** @param {World} world */
function creem(world) {
  return world.once('creem', async () => {
    const { account } = await world.owner();
    const answer = await account.post('/api/checkout', { item: 'credits-10', provider: 'creem' });
    return /** @type {Promise<{ url: string }>} */ (answer.json());
  });
}

/** @param {World} world */
async function portal(world) {
  const { account } = await world.subscriber();
  return (await account.submits('/do/portal', new URLSearchParams())).href;
}

/** The sandbox after everything that can happen in it has. @param {World} world */
async function withPayments(world) {
  await world.owner();
  await world.debtor();
  await world.subscriber();
  await creem(world);
  return '/sandbox';
}

/** @param {World} world */
async function withLetters(world) {
  await world.resetLink();
  return '/sandbox/mail';
}

// ── acts

/** @type {Act} */
async function signsUpAgain(page, world) {
  const { email } = await world.account('newcomer');
  await page.locator('#f-email').fill(email);
  await page.locator('#f-password').fill(PASSWORD);
  await sends(page, '/do/sign-up');
  await page.locator('[aria-invalid=true]').waitFor();
}

/** @type {Act} */
async function forgetsThePassword(page) {
  await page.locator('#f-email').fill('nobody@example.com');
  await page.locator('#f-password').fill('not the password');
  await sends(page, '/do/sign-in');
  await page.locator('main [role=alert]').waitFor();
}

/** @type {Act} */
async function asksForALetter(page) {
  await page.locator('#f-email').fill('nobody@example.com');
  await sends(page, '/do/forgot');
  await page.locator('a[href="/sandbox/mail"]').waitFor();
}

/** The connection goes, and credits come. @type {Act} */
async function hearsNews(page, world, scripted) {
  const account = await world.account('onlooker');
  if (!scripted) return world.gives(account);
  // Credits are told of only to whoever has heard of a wallet before.
  for (const isTold of [false, true]) {
    await world.gives(account);
    const { credits } = /** @type {{ credits: { remaining: number } }} */ (await account.read('/api/credits'));
    await page.locator(`[data-live=credits-remaining][data-value="${credits.remaining}"]`).first().waitFor();
    // Where there is no room for two, the newest is shown.
    if (isTold) await page.locator('.toast').last().waitFor();
  }
  // Nothing more comes that would say otherwise.
  await page.evaluate(() => dispatchEvent(new Event('offline')));
  await page.locator('#offline').waitFor();
}

/** @param {Page} page */
async function opensTheTopUp(page) {
  await page.locator('[popovertarget=top-up]').first().click();
  await page.locator('#top-up:popover-open').waitFor();
}

/** @type {Act} */
async function topsUpTooLittle(page) {
  await opensTheTopUp(page);
  await page.locator('#amount').evaluate((/** @type {HTMLInputElement} */ field) => {
    // As a browser sends it that knows no bounds.
    field.removeAttribute('min');
    field.value = '1';
  });
  await page.locator('form', { has: page.locator('#amount') }).getByRole('button').click();
  await page.locator('#amount-error').waitFor();
}

/** @type {Act} */
async function choosesSamples(page) {
  for (const field of ['person_sample', 'garment_sample']) {
    await page.locator(`input[name=${field}]:not([value=""])`).first().check({ force: true });
  }
}

/** @type {Act} */
async function choosesNothing(page) {
  const form = page.locator('form.fitting');
  await form.evaluate((/** @type {HTMLFormElement} */ element) => (element.noValidate = true));
  await form.locator('button:not([type=button])').last().click();
  await page.locator('main [role=alert]:not(:empty):visible').first().waitFor();
}

/** @type {Act} */
async function savesTheName(page) {
  await sends(page, '/do/name');
  await page.locator('.notices :is([role=status], [role=alert])').waitFor();
}

/** @param {World} world */
async function withSales(world) {
  await withPayments(world);
  return '/admin';
}

/** @param {World} world */
async function withPeople(world) {
  await withPayments(world);
  return '/admin/users';
}

/** @param {World} world */
async function pageOfTheOwner(world) {
  return pageOf((await world.owner()).account);
}

/** @param {World} world */
async function statementOfTheOwner(world) {
  return `${await pageOfTheOwner(world)}/statement`;
}

/** @param {World} world */
async function withPurchases(world) {
  await withPayments(world);
  return '/admin/purchases';
}

/** @param {World} world */
async function withPlans(world) {
  await world.subscriber();
  await world.leaver();
  return '/admin/subscriptions';
}

/** @param {World} world */
async function pageOfANewcomer(world) {
  return pageOf(await world.account('newcomer'));
}

/** @param {import('./world.mjs').Account} account */
async function pageOf(account) {
  const { user } = /** @type {{ user: { id: string } }} */ (await account.read('/api/auth/me'));
  return `/admin/users/${user.id}`;
}

/** @param {World} world */
async function withEntries(world) {
  await world.regular();
  return '/admin/audit';
}

/** @param {World} world */
async function toEvents(world) {
  await world.owner();
  return '/admin/webhooks';
}

/** The event that paid for the owner's package. @param {World} world */
async function pageOfAnEvent(world) {
  const { pack } = await world.owner();
  const { cookie } = await world.account('admin');
  const list = await fetch(`${world.server}/api/admin/webhook-events?limit=200`, { headers: { cookie } });
  const { items } = await list.json();
  const about = items.find((/** @type {{ object_id: string }} */ event) => event.object_id === pack.session_id);
  return `/admin/webhooks/${about.id}`;
}

/** @param {World} world */
async function withJobs(world) {
  await world.owner();
  return '/admin/jobs';
}

/** A batch with a row of each kind. @param {World} world @param {string} name */
function batch(world, name) {
  return world.once(name, async () => {
    const { email } = await world.account('regular');
    const { cookie } = await world.account('admin');
    const row = { email, action: 'add', amount: 5, reason: 'a gift' };
    const rows = [row, { ...row, email: 'nobody@example.com' }, { ...row, action: 'give' }];
    const ask = async (/** @type {string} */ path, /** @type {unknown} */ body) => {
      const headers = { cookie, 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
      const answer = await fetch(world.server + path, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    };
    await ask('/api/admin/credits/bulk', { batch_id: name, dry_run: false, rows });
    return { name, ask };
  });
}

/** @param {World} world */
async function withABatch(world) {
  await batch(world, 'gifts of spring');
  return '/admin/bulk';
}

/** @param {World} world */
async function pageOfABatch(world) {
  return `/admin/bulk/${encodeURIComponent((await batch(world, 'gifts of spring')).name)}`;
}

/** @param {World} world */
async function pageOfAnUndoneBatch(world) {
  const { name, ask } = await batch(world, 'gifts-undone');
  await ask(`/api/admin/credits/bulk/${name}/undo`, { reason: 'a mistake' });
  return `/admin/bulk/${name}`;
}

/** @param {Page} page @param {string} rows */
async function pastes(page, rows) {
  await page.locator('#f-rows').fill(rows);
  await sends(page, '/admin/bulk');
}

/** @type {Act} */
async function pastesAnUnknownColumn(page) {
  await pastes(page, 'email,action,amount,reason,note\nsomebody@example.com,add,5,a gift,x');
  await page.locator('#f-rows[aria-invalid=true]').waitFor();
}

/** @type {Act} */
async function looksAtABatch(page, world) {
  const { email } = await world.account('regular');
  const rows = [`${email},add,1500,a gift`, 'nobody@example.com,add,5,a gift', `${email},add,five,a gift`];
  await pastes(page, `email,action,amount,reason\n${rows.join('\n')}`);
  await page.locator('#apply').waitFor();
}

/** @param {World} world */
async function withAnomalies(world) {
  await world.stopped();
  await world.rich();
  return '/admin/anomalies';
}

/** @param {World} world */
async function pageOfTheStopped(world) {
  return pageOf(await world.account('stopped'));
}

/** @type {Act} */
async function checksNow(page, world) {
  await untilSomethingIsFound(page, async () => {
    await world.paysUntold();
    await sends(page, '/do/admin-reconcile');
    await page.waitForLoadState();
  });
}

/** @type {Act} */
async function showsAFault(page, world) {
  await untilSomethingIsFound(page, async () => {
    await page.goto(new URL(purchase(await world.paysUntold()), page.url()).href);
  });
}

/** Whoever asks Stripe what we were not told may have come first. @param {Page} page @param {() => Promise<void>} look */
async function untilSomethingIsFound(page, look) {
  const found = page.locator('button[name=finding]');
  for (let times = 0; times < 5 && !(await found.count()); times += 1) await look();
  await found.first().waitFor();
}

/** As many as have to be typed twice. @type {Act} */
async function givesTooMuch(page) {
  await page.locator('#f-amount').fill('5000');
  await page.locator('#f-reason').fill('a test gives');
  await sends(page, '/do/admin-credits');
  await page.locator('#f-again-error').waitFor();
}

/** @type {Act} */
async function givesALittle(page) {
  await page.locator('#f-amount').fill('1');
  await page.locator('#f-reason').fill('a test gives');
  await sends(page, '/do/admin-credits');
  await page.locator('.notices [role=status]').waitFor();
}

/** @type {Act} */
async function mistakesThePassword(page) {
  await page.locator('#f-present').fill('not the present one');
  await page.locator('#f-password').fill('another password');
  await sends(page, '/do/change-password');
  await page.locator('#f-present-error').waitFor();
}

/** @type {Act} */
async function mistypesTheAddress(page) {
  await page.locator('#f-deletion_email').fill('somebody@example.com');
  await page.locator('#f-deletion_password').fill(PASSWORD);
  await sends(page, '/do/delete-account');
  await page.locator('#f-deletion_email-error').waitFor();
}

/** @type {Act} */
async function makesAToken(page) {
  await page.locator('#f-label').fill('My shop');
  await page.locator('[value="credits:read"]').check();
  await sends(page, '/do/create-token');
  await page.locator('#f-secret').waitFor();
}

/** Everything that folds is open. @type {Act} */
async function unfolds(page) {
  const unfolded = await page.locator('main details').evaluateAll((folds) => {
    for (const fold of folds) fold.toggleAttribute('open', true);
    return folds.length;
  });
  if (unfolded === 0) throw new Error('nothing unfolds here');
}

/** A form of another site is sent here. @type {Act} */
async function comesFromAnotherSite(page, world) {
  const elsewhere = 'http://elsewhere.test/';
  const body = `<form method="post" action="${world.server}/do/sign-out"><button>Go</button></form>`;
  await page.route(elsewhere, (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto(elsewhere);
  await page.getByRole('button').click();
  await page.locator('main#main').waitFor();
  await page.unroute(elsewhere);
}

/** @param {Page} page @param {string} action */
async function sends(page, action) {
  await page.locator(`form[action="${action}"] button`).last().click();
}
