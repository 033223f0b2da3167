import { expect } from '@playwright/test';

import type { Problem } from './contract';

type Body = string | FormData | Uint8Array<ArrayBuffer> | URLSearchParams;

export interface Request {
  headers?: Record<string, string>;
  body?: Body;
  json?: unknown;
  signal?: AbortSignal;
}

/** An answer, read to its end. */
export class Answer {
  private constructor(
    readonly status: number,
    readonly headers: Headers,
    readonly bytes: Uint8Array<ArrayBuffer>,
  ) {}

  static async read(response: Response): Promise<Answer> {
    return new Answer(response.status, response.headers, new Uint8Array(await response.arrayBuffer()));
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  json<Shape>(): Shape {
    return JSON.parse(this.text) as Shape;
  }

  /** The body of an answer that must have this status. */
  being<Shape>(status: number): Shape {
    expect(this.status, this.text.slice(0, 500)).toBe(status);
    return this.json<Shape>();
  }

  /** Checks the shape of an error, and answers it. */
  problem(status: number, code: string): Problem {
    expect(this.status, this.text.slice(0, 500)).toBe(status);
    expect(this.headers.get('content-type')).toContain('application/problem+json');
    const problem = this.json<Problem>();
    expect(problem).toMatchObject({ status, code, title: expect.any(String), detail: expect.any(String) });
    if (status === 429 || status === 503) {
      expect(Number(this.headers.get('retry-after')), 'Retry-After in seconds').toBeGreaterThan(0);
    }
    return problem;
  }
}

/**
 * A program that talks to the server over HTTP, with a cookie jar of its own. Node's `fetch` sends neither
 * `Origin` nor `Sec-Fetch-Site`, and follows no redirect here: what is answered is what is seen.
 */
export class Client {
  readonly cookies = new Map<string, string>();

  constructor(
    readonly base: string,
    readonly headers: Record<string, string> = {},
  ) {}

  /** The same program with an API token instead of a session. */
  static withToken(base: string, token: string): Client {
    return new Client(base, { authorization: `Bearer ${token}` });
  }

  get(path: string, request: Request = {}): Promise<Answer> {
    return this.send('GET', path, request);
  }

  post(path: string, json?: unknown, request: Request = {}): Promise<Answer> {
    return this.send('POST', path, json === undefined ? request : { ...request, json });
  }

  postForm(path: string, fields: Record<string, string>, request: Request = {}): Promise<Answer> {
    return this.send('POST', path, { ...request, body: new URLSearchParams(fields) });
  }

  upload(path: string, parts: FormData, request: Request = {}): Promise<Answer> {
    return this.send('POST', path, { ...request, body: parts });
  }

  delete(path: string, request: Request = {}): Promise<Answer> {
    return this.send('DELETE', path, request);
  }

  async send(method: string, path: string, request: Request = {}): Promise<Answer> {
    return Answer.read(await this.open(method, path, request));
  }

  /** The answer with its body unread, for streams. */
  async open(method: string, path: string, { headers = {}, body, json, signal }: Request = {}): Promise<Response> {
    const all = new Headers({ ...this.headers, ...headers });
    if (json !== undefined) all.set('content-type', 'application/json');
    if (this.cookies.size > 0) all.set('cookie', this.#cookieHeader());
    const content = json === undefined ? body : JSON.stringify(json);
    const response = await fetch(new URL(path, this.base), {
      method,
      headers: all,
      redirect: 'manual',
      ...(content !== undefined && { body: content }),
      ...(signal && { signal }),
    });
    response.headers.getSetCookie().forEach((cookie) => this.#keep(cookie));
    return response;
  }

  #cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  #keep(cookie: string): void {
    const [pair = '', ...attributes] = cookie.split(';');
    const [name = '', ...value] = pair.trim().split('=');
    const isOver = attributes.some((attribute) => /^\s*max-age=(0|-\d+)\s*$/i.test(attribute));
    if (isOver) this.cookies.delete(name);
    else this.cookies.set(name, value.join('='));
  }
}
