/** How long something took, many times. */
export class Latencies {
  readonly #millis: number[] = [];

  constructor(readonly name: string) {}

  /** Below zero: it was there before the answer that was measured from. */
  add(millis: number): void {
    this.#millis.push(millis);
  }

  /** One line for whoever reads a test's output. */
  toString(): string {
    const sorted = [...this.#millis].sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
    return `${this.name}: ${sorted.length} times, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`;
  }
}
