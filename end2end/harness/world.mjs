/**
 * People in every state a page can show, each made when first asked for. A plain module like `pages.mjs`, because
 * `shots.mjs` reads it without a build step.
 */

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * @typedef {{ recharge_id: string, session_id: string, url: string }} Checkout
 * @typedef {{ id: string, state: string }} Job
 * @typedef {{ method?: string, card?: string, webhook?: string }} Payment
 */

export const PASSWORD = 'correct horse battery staple';
const CARD = '4242 4242 4242 4242';
const SAMPLES = resolve(import.meta.dirname, '../../public/samples');
const PHOTOS = { person: 'person-ada.jpg', garment: 'garment-tee.png' };
const TYPES = { '.jpg': 'image/jpeg', '.png': 'image/png' };
/** What a new account begins with. */
const INITIAL_CREDITS = 8;
const TRIALS = 3;
/** What can be given at once. */
const MOST_CREDITS = 1_000_000;
/** More than looks usual. */
const MUCH = 1_001;
const MANY_ENTRIES = 64;
const ENDS = ['succeeded', 'failed', 'cancelled'];
const LIMIT_MS = 60_000;
const POLL_MS = 50;
/** Longer than anybody looks at the pages; the studio of the sandbox allows no more. */
const FOR_LONG = 600_000;
const AN_HOUR = 3_600_000;

/** Somebody with an account, and what they do without a browser. */
export class Account {
  /**
   * @param {string} server
   * @param {string} email
   * @param {string} cookie
   */
  constructor(server, email, cookie) {
    this.server = server;
    this.email = email;
    this.cookie = cookie;
  }

  /** @param {string} server */
  static signsUp(server) {
    const email = `somebody-${randomBytes(6).toString('hex')}@example.com`;
    return Account.#enters(server, '/api/auth/sign-up', email, PASSWORD);
  }

  /** @param {string} server */
  static admin(server) {
    return Account.#enters(server, '/api/auth/sign-in', 'admin@example.com', 'atelier-demo');
  }

  /**
   * @param {string} server
   * @param {string} path
   * @param {string} email
   * @param {string} password
   */
  static async #enters(server, path, email, password) {
    const answer = await new Account(server, email, '').post(path, { email, password });
    const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
    return new Account(server, email, cookies.join('; '));
  }

  /** @param {string} path */
  get(path) {
    return this.#send(path, {});
  }

  /**
   * @template Shape
   * @param {string} path
   * @returns {Promise<Shape>}
   */
  async read(path) {
    return /** @type {Promise<Shape>} */ ((await this.get(path)).json());
  }

  /**
   * @param {string} path
   * @param {unknown} [json]
   */
  post(path, json = {}) {
    return this.#send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(json),
    });
  }

  /**
   * As a browser without script sends a form; answers where it leads.
   * @param {string} path
   * @param {URLSearchParams | FormData} fields
   */
  async submits(path, fields) {
    const answer = await this.#send(path, { method: 'POST', body: fields });
    return new URL(answer.headers.get('location') ?? '', this.server);
  }

  /**
   * @param {string} path
   * @param {RequestInit} request
   */
  async #send(path, request) {
    const headers = { ...request.headers, ...(this.cookie && { cookie: this.cookie }) };
    const answer = await fetch(new URL(path, this.server), { ...request, headers, redirect: 'manual' });
    if (answer.status < 400) return answer;
    throw new Error(`${request.method ?? 'GET'} ${path}: ${answer.status} ${(await answer.text()).slice(0, 500)}`);
  }

  // ── buying

  /**
   * @param {string} [item]
   * @returns {Promise<Checkout>}
   */
  async orders(item = 'credits-10') {
    return /** @type {Promise<Checkout>} */ ((await this.post('/api/checkout', { item })).json());
  }

  /**
   * Pays on the hosted page; answers where that leads.
   * @param {Checkout} checkout
   * @param {Payment} [payment]
   */
  async pays({ session_id }, { method = 'card', card = CARD, webhook = 'normal' } = {}) {
    const fields = new URLSearchParams({ card_number: card, method, webhook });
    const landing = await new Account(this.server, '', '').submits(`/sandbox/stripe/checkout/${session_id}`, fields);
    return landing.pathname + landing.search;
  }

  /**
   * To the end: the buyer has landed and has what was bought.
   * @param {string} [item]
   */
  async buys(item) {
    const checkout = await this.orders(item);
    const landing = await this.pays(checkout);
    await this.get(landing);
    const { items } = /** @type {{ items: { id: string, payment_id: string }[] }} */ (
      await this.read('/api/recharge?limit=100')
    );
    const payment = items.find(({ id }) => id === checkout.recharge_id)?.payment_id ?? '';
    return { ...checkout, landing, payment };
  }

  /** Spends without making anything. @param {number} amount */
  async spends(amount) {
    await this.post('/api/credits', { action: 'deduct', amount, reason: 'a test prepares' });
  }

  // ── making

  /**
   * @param {string} [outcome] what becomes of it at the studio
   * @returns {Promise<Job>}
   */
  async triesOn(outcome = 'ok') {
    return this.#makes('/api/try-on', await photos(), outcome);
  }

  /** @returns {Promise<Job>} */
  async films() {
    const wish = new FormData();
    wish.set('prompt', 'She turns around once, slowly');
    return this.#makes('/api/video/generate', wish, 'ok');
  }

  /**
   * @param {string} path
   * @param {FormData} wish
   * @param {string} outcome
   * @returns {Promise<Job>}
   */
  async #makes(path, wish, outcome) {
    if (outcome !== 'ok') await this.post('/sandbox/studio/next', { outcome });
    const answer = await this.#send(path, { method: 'POST', body: wish });
    return /** @type {Promise<Job>} */ (answer.json());
  }

  /**
   * A try-on that was cancelled. The studio may be quicker than we are, so it is tried again.
   * @returns {Promise<Job>}
   */
  async cancelsOne() {
    for (let attempt = 0; attempt < 10; attempt++) {
      const { id } = await this.triesOn();
      await this.post(`/api/jobs/${id}/cancel`);
      const job = await this.waitsFor({ id, state: '' });
      if (job.state === 'cancelled') return job;
    }
    throw new Error('the studio is always quicker');
  }

  /**
   * @param {Job} job
   * @param {string[]} [states]
   */
  async waitsFor({ id }, states = ENDS) {
    const end = Date.now() + LIMIT_MS;
    for (;;) {
      const job = /** @type {Job} */ (await this.read(`/api/jobs/${id}`));
      if (states.includes(job.state)) return job;
      if (Date.now() > end) throw new Error(`job ${id} is ${job.state}, not ${states.join(' or ')}`);
      await pause(POLL_MS);
    }
  }
}

/** The drawn photos, as a form sends them. */
async function photos() {
  const form = new FormData();
  for (const [field, file] of Object.entries(PHOTOS)) {
    const type = TYPES[/** @type {keyof typeof TYPES} */ (file.slice(-4))];
    form.set(field, new Blob([await readFile(join(SAMPLES, file))], { type }), basename(file));
  }
  return form;
}

/** One installation and the people in it. */
export class World {
  /** @type {Map<string, Promise<unknown>>} */
  #made = new Map();

  /** @param {string} server */
  constructor(server) {
    this.server = server;
  }

  /**
   * Made once, at the first time of asking.
   * @template Thing
   * @param {string} name
   * @param {() => Promise<Thing>} make
   * @returns {Promise<Thing>}
   */
  once(name, make) {
    const made = this.#made.get(name) ?? make();
    this.#made.set(name, made);
    return /** @type {Promise<Thing>} */ (made);
  }

  /** @param {Who} who @returns {Promise<Account>} */
  async account(who) {
    return (await this[who]()).account;
  }

  /** Whom every sandbox has from the start. */
  admin() {
    return this.once('admin', async () => ({ account: await Account.admin(this.server) }));
  }

  /** Has signed up and done nothing else. */
  newcomer() {
    return this.once('newcomer', async () => ({ account: await Account.signsUp(this.server) }));
  }

  /** Has asked for another address and not confirmed it. */
  mover() {
    return this.once('mover', async () => {
      const account = await Account.signsUp(this.server);
      const email = `moved-${account.email}`;
      await account.submits('/do/change-email', new URLSearchParams({ email, email_password: PASSWORD }));
      return { account, change: await this.letter(account, '/change-email/', email) };
    });
  }

  /** Somebody else who has done nothing, to whom things happen while they look. */
  onlooker() {
    return this.once('onlooker', async () => ({ account: await Account.signsUp(this.server) }));
  }

  /** Has bought, made something of each kind, and confirmed the address. */
  owner() {
    return this.once('owner', async () => {
      const account = await Account.signsUp(this.server);
      await account.submits('/do/name', new URLSearchParams({ name: 'Ada 王' }));
      const verify = await this.letter(account, '/verify/');
      await account.get(verify);
      const pack = await account.buys('starter');
      const open = await account.orders();
      const waiting = await account.orders();
      const updating = await account.pays(waiting, { method: `delayed:succeeded:${AN_HOUR}` });
      const returned = await account.buys();
      await account.post('/sandbox/stripe/refunds', { payment_intent: returned.payment });
      // One after the other: the outcome is that of whichever job is given to the studio next.
      const failed = await account.waitsFor(await account.triesOn('fail:PoseError'));
      const running = await account.waitsFor(await account.triesOn(`slow:${FOR_LONG}`), ['running']);
      const cancelled = await account.cancelsOne();
      const tried = await account.triesOn();
      const film = await account.films();
      await Promise.all([tried, film].map((job) => account.waitsFor(job)));
      return { account, verify, pack, open, updating, returned, failed, running, cancelled, tried, film };
    });
  }

  /** Has nothing left to try on with. */
  spent() {
    return this.once('spent', async () => {
      const account = await Account.signsUp(this.server);
      await account.spends(INITIAL_CREDITS);
      const jobs = [];
      while (jobs.length < TRIALS) jobs.push(await account.triesOn());
      await Promise.all(jobs.map((job) => account.waitsFor(job)));
      return { account };
    });
  }

  /** Has as much as any figure has to find room for. */
  rich() {
    return this.once('rich', async () => {
      const account = await Account.signsUp(this.server);
      await this.gives(account, MOST_CREDITS);
      await this.gives(account, MOST_CREDITS);
      return { account };
    });
  }

  /** Was given much, and an operator has stopped the spending. */
  stopped() {
    return this.once('stopped', async () => {
      const account = await Account.signsUp(this.server);
      await this.gives(account, MUCH);
      const admin = await this.account('admin');
      const { user } = /** @type {{ user: { id: string } }} */ (await account.read('/api/auth/me'));
      await admin.post(`/api/admin/users/${user.id}/stop`, { stopped: true, reason: 'a test stops' });
      return { account };
    });
  }

  /** Has more entries than one page of the statement shows, each longer than a line. */
  regular() {
    return this.once('regular', async () => {
      const account = await Account.signsUp(this.server);
      for (let entry = 1; entry <= MANY_ENTRIES; entry++) {
        const words = 'These words are here to take more than one line. '.repeat(3);
        await this.gives(account, entry, `begin${entry}. ${words} end${entry}.`);
      }
      return { account, entries: MANY_ENTRIES };
    });
  }

  /** Chose pictures without the credits for them, and has the credits now. */
  keeper() {
    return this.once('keeper', async () => {
      const account = await Account.signsUp(this.server);
      await account.spends(INITIAL_CREDITS);
      const wish = await photos();
      wish.set('key', randomBytes(16).toString('hex'));
      wish.set('then', 'buy');
      for (let trial = 0; trial < TRIALS; trial++) await account.waitsFor(await account.triesOn());
      await account.submits('/try-on', wish);
      return { account, pack: await account.buys() };
    });
  }

  /** Money went back that was spent already, and other money is in dispute. */
  debtor() {
    return this.once('debtor', async () => {
      const account = await Account.signsUp(this.server);
      const [disputed, returned] = [await account.buys(), await account.buys()];
      await account.post('/sandbox/stripe/disputes', { payment_intent: disputed.payment });
      await account.spends(await this.#remaining(account, (credits) => credits.frozen > 0));
      await account.post('/sandbox/stripe/refunds', { payment_intent: returned.payment });
      await this.#remaining(account, (credits) => credits.debt > 0);
      return { account, disputed };
    });
  }

  /** Has the plan with a quota. */
  subscriber() {
    return this.once('subscriber', async () => {
      const account = await Account.signsUp(this.server);
      await account.get(await this.letter(account, '/verify/'));
      const plan = await account.buys('premium-monthly');
      await account.waitsFor(await account.triesOn());
      return { account, plan };
    });
  }

  /** Has ended the plan, which serves until its period is over. */
  leaver() {
    return this.once('leaver', async () => {
      const account = await Account.signsUp(this.server);
      await account.buys('premium-unlimited');
      await account.submits('/do/plan', new URLSearchParams({ action: 'end' }));
      return { account };
    });
  }

  /** The plan's renewal was declined. */
  late() {
    return this.once('late', async () => {
      const account = await Account.signsUp(this.server);
      await account.buys('premium-monthly');
      const desk = await (await account.get('/sandbox')).text();
      const row = desk.split('<tr').find((each) => each.includes(account.email) && each.includes('sub_'));
      const [subscription] = /sub_\w+/.exec(row ?? '') ?? [];
      await account.post('/sandbox/stripe/renew', { subscription, outcome: 'failed' });
      await this.#until(account, '/dashboard', 'the way to pay it', (html) => html.includes('/do/portal'));
      return { account };
    });
  }

  /** Paid a second plan beside the first. */
  twice() {
    return this.once('twice', async () => {
      const account = await Account.signsUp(this.server);
      const forgotten = await account.orders('premium-monthly');
      await account.buys('premium-unlimited');
      // The provider counts in whole seconds which came first.
      await account.post('/sandbox/clock', { seconds: '2' });
      return { account, landing: await account.pays(forgotten) };
    });
  }

  /** Pays once more at each time of asking; we are not told, and nobody comes back. */
  async paysUntold() {
    const { account } = await this.once('untold', async () => ({ account: await Account.signsUp(this.server) }));
    const checkout = await account.orders();
    await account.pays(checkout, { webhook: 'never' });
    return checkout;
  }

  /** Payments that did not go through. */
  unlucky() {
    return this.once('unlucky', async () => {
      const account = await Account.signsUp(this.server);
      const failed = await account.pays(await account.orders('starter'), { method: 'delayed:failed:0' });
      const { session_id: expired } = await account.orders();
      const headers = { authorization: 'Bearer sk_test_world' };
      const path = `/sandbox/stripe/v1/checkout/sessions/${expired}/expire`;
      const answer = await fetch(new URL(path, this.server), { method: 'POST', headers });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return { account, failed, expired: `/payments/success?session_id=${expired}` };
    });
  }

  /**
   * The newest link of this kind in the letters to somebody, or to another address of theirs.
   * @param {Account} account
   * @param {'/verify/' | '/reset/' | '/change-email/'} kind
   * @param {string} [email]
   */
  async letter(account, kind, email = account.email) {
    const link = new RegExp(`href="[^"]*(${kind}[^"]+)"`);
    const found = (/** @type {string} */ html) =>
      html
        .split('<article')
        .filter((letter) => letter.includes(email))
        .map((letter) => link.exec(letter)?.[1])
        .find((path) => path !== undefined);
    const html = await this.#until(account, '/sandbox/mail', `a letter with ${kind}`, (text) => !!found(text));
    return found(html) ?? '';
  }

  /** The owner's job that takes so long, as long as it does. */
  async runningJob() {
    const { account, running } = await this.owner();
    return account.waitsFor(running, ['running']);
  }

  /** A link for a new password that still works. */
  async resetLink() {
    return this.once('reset link', async () => {
      const account = await this.account('onlooker');
      await account.post('/api/auth/forgot', { email: account.email });
      return this.letter(account, '/reset/');
    });
  }

  /**
   * More credits for somebody, from outside.
   * @param {Account} account
   * @param {number} [amount]
   * @param {string} [reason]
   */
  async gives(account, amount = 5, reason = 'a test gives') {
    const admin = await this.account('admin');
    const { user } = /** @type {{ user: { id: string } }} */ (await account.read('/api/auth/me'));
    await admin.post('/api/credits', { action: 'add', amount, reason, user_id: user.id });
  }

  /**
   * @param {Account} account
   * @param {(credits: { remaining: number, frozen: number, debt: number }) => boolean} fits
   */
  async #remaining(account, fits) {
    const end = Date.now() + LIMIT_MS;
    for (;;) {
      const { credits } = /** @type {{ credits: { remaining: number, frozen: number, debt: number } }} */ (
        await account.read('/api/credits')
      );
      if (fits(credits)) return credits.remaining;
      if (Date.now() > end) throw new Error(`the credits stay as they are: ${JSON.stringify(credits)}`);
      await pause(POLL_MS);
    }
  }

  /**
   * @param {Account} account
   * @param {string} path
   * @param {string} what
   * @param {(html: string) => boolean} fits
   */
  async #until(account, path, what, fits) {
    const end = Date.now() + LIMIT_MS;
    for (;;) {
      const html = await (await account.get(path)).text();
      if (fits(html)) return html;
      if (Date.now() > end) throw new Error(`${path} does not come to show ${what}`);
      await pause(POLL_MS);
    }
  }
}

/**
 * @typedef {'admin' | 'newcomer' | 'mover' | 'onlooker' | 'owner' | 'spent' | 'rich' | 'stopped' | 'regular' | 'keeper' | 'debtor'
 *   | 'subscriber' | 'leaver' | 'late' | 'twice' | 'unlucky'} Who
 */
