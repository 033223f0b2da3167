import type { Page } from '@playwright/test';

import type { Figure } from './contract';

/** What the page notes for us: when it first showed each value. */
type Noting = typeof globalThis & { firstShown: Map<string, number> };

/** A page that notes by its own clock, which is ours too, when every place of a figure came to show each value. */
export class Watched {
  private constructor(readonly page: Page) {}

  /** Opens an address and begins to note. */
  static async open(page: Page, address: string, figure: Figure): Promise<Watched> {
    await page.goto(address);
    await page.evaluate((name) => {
      const firstShown = new Map<string, number>();
      Object.assign(globalThis, { firstShown });
      const look = () => {
        const places = document.querySelectorAll(`[data-testid="${name}"]`);
        const values = new Set([...places].map((place) => place.getAttribute('data-value') ?? ''));
        const [value = ''] = values;
        if (values.size === 1 && !firstShown.has(value)) firstShown.set(value, Date.now());
      };
      const options = { subtree: true, childList: true, attributeFilter: ['data-value'] };
      new MutationObserver(look).observe(document, options);
      look();
    }, figure);
    return new Watched(page);
  }

  /** Waits until the page shows this, and answers since when. A page that was loaded again has noted nothing. */
  async showed(value: number, limitMs: number): Promise<number> {
    const noted = await this.page.waitForFunction(
      (shown) => (globalThis as Noting).firstShown.get(shown),
      String(value),
      { timeout: limitMs, polling: 20 },
    );
    const at = await noted.jsonValue();
    await noted.dispose();
    return at ?? NaN;
  }
}
