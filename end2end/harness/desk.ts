import { expect, type Locator, type Page } from '@playwright/test';

import type { Words } from '../words';
import type { Visitor } from './visitor';

/** Who moves what is not ours, at the sandbox's page, in a tab of their own: the provider, and the payer's bank. */
export class Desk {
  private constructor(
    readonly page: Page,
    readonly words: Words['desk'],
  ) {}

  static async beside(visitor: Visitor): Promise<Desk> {
    return new Desk(await visitor.page.context().newPage(), visitor.words.desk);
  }

  /** All that is left of a payment goes back. */
  refunds(payment: string | null): Promise<void> {
    return this.#does('payments', payment, this.words.payment, this.words.refund);
  }

  opensDispute(payment: string | null): Promise<void> {
    return this.#does('payments', payment, this.words.payment, this.words.dispute);
  }

  closesDispute(payment: string | null, outcome: 'won' | 'lost'): Promise<void> {
    return this.#does('payments', payment, this.words.payment, this.words[outcome]);
  }

  /** The period of somebody's plan ends, and the next is billed. */
  renews(email: string, outcome: 'paid' | 'declined'): Promise<void> {
    return this.#does('subscriptions', email, this.words.period, this.words[outcome]);
  }

  /** Puts the clock forward. */
  async passes(time: { days?: string; hours?: string; seconds?: string }): Promise<void> {
    const answer = await this.page.request.post('/sandbox/clock', { data: time });
    expect(answer.status(), await answer.text()).toBe(200);
  }

  /** Does something about one row of a part of the page, and comes back to it. */
  async #does(part: string, about: string | null, acts: string, button: string): Promise<void> {
    await this.page.goto('/sandbox');
    const row = this.#row(part, about);
    await row.getByText(acts, { exact: true }).click();
    const sent = this.page.waitForResponse((answer) => answer.request().method() === 'POST');
    await row.getByRole('button', { name: button, exact: true }).click();
    expect((await sent).status()).toBe(303);
    await expect(this.page).toHaveURL(new RegExp(`/sandbox#${part}$`));
  }

  #row(part: string, about: string | null): Locator {
    return this.page.locator(`#${part} tbody tr`).filter({ hasText: about ?? 'no id' });
  }
}
