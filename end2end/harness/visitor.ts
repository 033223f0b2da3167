import { expect, type Locator, type Page } from '@playwright/test';

import { hosted, type Words } from '../words';
import { CARDS, type Figure, type Wallet } from './contract';
import { freshEmail, PASSWORD, Person } from './people';
import { SAMPLES } from './pictures';
import type { Server } from './server';

const JOB_LIMIT_MS = 40_000;
/** The provider waits up to ten seconds for the webhook's answer before it sends the buyer back. */
const LANDING_LIMIT_MS = 20_000;
const SUCCESS = /\/(payments?\/)?success\?/;

/** Somebody in front of a browser. */
export class Visitor {
  constructor(
    readonly page: Page,
    readonly words: Words,
    readonly server: Server,
    /** Whether this browser runs scripts. */
    readonly scripted: boolean,
  ) {}

  /** Another tab of the same browser. */
  async inAnotherTab(): Promise<Visitor> {
    return new Visitor(await this.page.context().newPage(), this.words, this.server, this.scripted);
  }

  async opens(path: string): Promise<void> {
    await this.page.goto(path);
  }

  // ── accounts

  async signsUp(): Promise<string> {
    const { words, page } = this;
    const email = freshEmail();
    await this.opens('/sign-up');
    const form = this.form(words.signUp.submit);
    await form.getByLabel(words.signUp.email, { exact: true }).fill(email);
    await form.getByLabel(words.signUp.password, { exact: true }).fill(PASSWORD);
    await this.button(words.signUp.submit).click();
    await expect(page).not.toHaveURL(/\/sign-up/);
    return email;
  }

  async signsIn(email: string, password = PASSWORD): Promise<void> {
    const { words } = this;
    const form = this.form(words.signIn.submit);
    await form.getByLabel(words.signIn.email, { exact: true }).fill(email);
    await form.getByLabel(words.signIn.password, { exact: true }).fill(password);
    await this.button(words.signIn.submit).click();
  }

  async signsOut(): Promise<void> {
    await this.opens('/account');
    await this.button(this.words.account.signOut).click();
    await expect(this.page.getByTestId('credits-remaining')).toHaveCount(0);
  }

  /** Signs up without the pages, for stories that begin later; answers who it is. */
  async arrivesSignedIn(): Promise<Person> {
    const person = await Person.signsUp(this.server);
    await this.arrivesAs(person);
    return person;
  }

  /** Takes over the session of somebody who signed in at this server without the pages. */
  async arrivesAs(person: Person): Promise<void> {
    const cookies = [...person.client.cookies].map(([name, value]) => ({ name, value, url: this.server.url }));
    await this.page.context().addCookies(cookies);
  }

  wallet(): Promise<Wallet> {
    return this.page
      .context()
      .request.get('/api/credits')
      .then((answer) => answer.json());
  }

  // ── trying on

  async choosesPhotos(): Promise<void> {
    await this.opens('/try-on');
    await this.page.getByLabel(this.words.tryOn.person, { exact: true }).setInputFiles(SAMPLES.person);
    await this.page.getByLabel(this.words.tryOn.garment, { exact: true }).setInputFiles(SAMPLES.garment);
  }

  async triesOn(): Promise<void> {
    await this.choosesPhotos();
    await this.button(this.words.tryOn.submit).click();
  }

  async waitsForJob(state: 'succeeded' | 'failed'): Promise<void> {
    await this.comesToSee('job-state', state, JOB_LIMIT_MS);
  }

  async seesTheResult(): Promise<void> {
    const picture = this.page.getByRole('img', { name: this.words.tryOn.result, exact: true });
    await expect(picture).toBeVisible();
    const width = () => picture.evaluate((image: HTMLImageElement) => image.naturalWidth);
    await expect.poll(width, 'the picture has loaded').toBeGreaterThan(100);
  }

  // ── buying

  async choosesCreditsPack(): Promise<void> {
    await this.opens('/payments');
    await this.button(this.words.payments.buyCreditsPack).click();
    await this.isAtTheProvider();
  }

  async choosesPlan(): Promise<void> {
    await this.opens('/payments');
    await this.button(this.words.plan.subscribe).click();
    await this.isAtTheProvider();
  }

  async choosesTopUp(yuan: number): Promise<void> {
    const { payments } = this.words;
    await this.opens('/payments');
    await this.button(payments.topUp).click();
    await this.page.getByLabel(payments.topUpAmount, { exact: true }).fill(String(yuan));
    await this.button(payments.topUpSubmit).click();
    await this.isAtTheProvider();
  }

  /** Follows the way from the payments page to the plan, cards and invoices at the provider. */
  async looksAfterThePlan(): Promise<void> {
    await this.opens('/payments');
    await this.button(this.words.plan.portal).click();
    await this.page.waitForURL((url) => url.origin === this.server.otherUrl);
  }

  /** The hosted page is on the other loopback name: another site, as the real one. */
  async isAtTheProvider(): Promise<void> {
    await expect(this.page.getByLabel(hosted.cardNumber)).toBeVisible();
    expect(new URL(this.page.url()).origin).toBe(this.server.otherUrl);
  }

  async entersCard(card: string): Promise<void> {
    await this.page.getByLabel(hosted.cardNumber).fill(card);
    await this.page.getByRole('button', { name: hosted.pay }).click();
  }

  /** Pays, and answers the HTML of the success page as it came over the wire. */
  async paysAndLands(card: string = CARDS.good): Promise<{ html: string; path: string }> {
    const landed = this.page.waitForResponse(
      (response) =>
        SUCCESS.test(response.url()) && response.status() === 200 && response.request().isNavigationRequest(),
      { timeout: LANDING_LIMIT_MS },
    );
    await this.entersCard(card);
    const response = await landed;
    const url = new URL(response.url());
    return { html: await response.text(), path: url.pathname + url.search };
  }

  // ── looking

  /** Every figure of this name on the page, now or in a moment, is this. */
  async sees(figure: Figure, value: number | string, limitMs = 5_000): Promise<void> {
    await expect.poll(() => this.shown(figure), { message: figure, timeout: limitMs }).toEqual([String(value)]);
  }

  /** Without script a page shows what is new when it is asked again, so that is what this reader does. */
  async comesToSee(figure: Figure, value: number | string, limitMs = 5_000): Promise<void> {
    if (this.scripted) return this.sees(figure, value, limitMs);
    await expect(async () => {
      // The page may be asking again by itself at this moment.
      if (!(await this.shown(figure)).includes(String(value))) await this.page.reload().catch(() => {});
      await this.sees(figure, value, 250);
    }).toPass({ timeout: limitMs });
  }

  /** The same for a sentence. */
  async comesToRead(sentence: string | RegExp, limitMs = 5_000): Promise<void> {
    const found = this.page.getByText(sentence).first();
    if (this.scripted) return expect(found).toBeVisible({ timeout: limitMs });
    await expect(async () => {
      if (!(await found.isVisible())) await this.page.reload().catch(() => {});
      await expect(found).toBeVisible({ timeout: 250 });
    }).toPass({ timeout: limitMs });
  }

  /** A sentence of the page as it is. */
  async reads(sentence: string | RegExp): Promise<void> {
    await expect(this.page.getByText(sentence).first()).toBeVisible();
  }

  /** The different values under this name; one, when the page tells one truth. */
  async shown(figure: Figure): Promise<string[]> {
    const values = await this.page
      .getByTestId(figure)
      .evaluateAll((elements) => elements.map((element) => element.getAttribute('data-value') ?? ''))
      // Between two pages there is nothing to look at.
      .catch(() => []);
    return [...new Set(values)];
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name });
  }

  /** Opens what explains itself before it is done, then does it. */
  async confirms(name: string, sure: string): Promise<void> {
    await this.page.locator('summary').getByText(name, { exact: true }).click();
    await this.button(sure).click();
  }

  /** The form that this button sends. */
  form(submit: string): Locator {
    return this.page.locator('form').filter({ has: this.button(submit) });
  }
}
