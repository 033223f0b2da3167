import { expect } from '@playwright/test';

import type { Client } from './client';

export interface LiveEvent {
  event: string;
  id: string | undefined;
  data: string;
}

/** An open `GET /live`. */
export class LiveStream {
  readonly #abort = new AbortController();
  readonly #events: AsyncGenerator<LiveEvent>;

  private constructor(
    readonly response: Response,
    abort: AbortController,
  ) {
    this.#abort = abort;
    this.#events = events(response);
  }

  static async open(client: Client, headers: Record<string, string> = {}): Promise<LiveStream> {
    const abort = new AbortController();
    const response = await client.open('GET', '/live', { headers, signal: abort.signal });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    return new LiveStream(response, abort);
  }

  /** The next event that fits; fails when the stream ends or the limit passes first. */
  async next<Data>(event: string, fits: (data: Data) => boolean = () => true, limitMs = 10_000): Promise<LiveEvent> {
    const timer = setTimeout(() => this.close(), limitMs);
    try {
      for (;;) {
        const { value, done } = await this.#events.next();
        if (done) throw new Error(`the stream ended without the event \`${event}\``);
        if (value.event === event && fits(JSON.parse(value.data) as Data)) return value;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads on until the server ends the stream. */
  async ends(): Promise<void> {
    while (!(await this.#events.next()).done);
  }

  close(): void {
    this.#abort.abort();
  }
}

async function* events(response: Response): AsyncGenerator<LiveEvent> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body!) {
    text += decoder.decode(bytes, { stream: true }).replaceAll('\r\n', '\n');
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = parse(text.slice(0, end));
      text = text.slice(end + 2);
      if (event) yield event;
    }
  }
}

/** One block of lines; none for a comment, which only keeps the line open. */
function parse(block: string): LiveEvent | undefined {
  const fields = block.split('\n').map((line) => /^([a-z]+): ?(.*)$/.exec(line));
  const values = (name: string) => fields.filter((field) => field?.[1] === name).map((field) => field?.[2] ?? '');
  const data = values('data');
  if (data.length === 0) return undefined;
  return { event: values('event')[0] ?? 'message', id: values('id')[0], data: data.join('\n') };
}
