import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 50;

/** Asks again and again until there is an answer; `what` is the sentence for when there is none in time. */
export async function until<Answer>(
  what: string,
  limitMs: number,
  ask: () => Promise<Answer | undefined>,
): Promise<Answer> {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`after ${limitMs} ms still not so: ${what}`);
    await pause(POLL_MS);
  }
}

/** Looks for a while, and fails at the first look that is not as it should be. */
export async function holds(forMs: number, check: () => Promise<void>): Promise<void> {
  const end = Date.now() + forMs;
  while (Date.now() < end) {
    await check();
    await pause(POLL_MS);
  }
}
