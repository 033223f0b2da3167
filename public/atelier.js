// @ts-check
/**
 * The client of Atelier for browsers and for Node, tested with Node 20: one file without dependencies. Its types stand
 * in atelier.d.ts, examples in docs/client.md.
 *
 * No balance is kept here as the truth: `credits()` always asks the server. The wallet in `state` is the newest that
 * was seen, and as true as the stream that brings it.
 *
 * @typedef {import("./atelier.d.ts").Wallet} Wallet
 * @typedef {import("./atelier.d.ts").Entry} Entry
 * @typedef {import("./atelier.d.ts").Job} Job
 * @typedef {import("./atelier.d.ts").Picture} Picture
 * @typedef {import("./atelier.d.ts").Problem} Problem
 * @typedef {import("./atelier.d.ts").State} State
 * @typedef {{ body?: BodyInit, key?: string | undefined, signal?: AbortSignal | undefined }} Sent
 * @typedef {{ callback: (wallet: Wallet) => void, told?: Wallet }} Listener
 * @typedef {{ heard: (job: Job) => void, ask: () => void }} Waiter
 */

const ATTEMPTS = 6;
const TOTAL_MS = 60_000;
/** The server may wait 5 s for the same key, and longer for a payment provider. */
const ATTEMPT_MS = 20_000;
const UPLOAD_MS = 300_000;
/** The server says something every 15 s. */
const SILENCE_MS = 40_000;
const LONGEST_PAUSE_MS = 30_000;
const POLL_MS = 3_000;
const FINAL = ["succeeded", "failed", "cancelled"];

export class AtelierError extends Error {
  /** @param {Problem} problem @param {{ retryAfter?: number | undefined, cause?: unknown }} [more] */
  constructor(problem, { retryAfter, cause } = {}) {
    super(problem.detail || problem.title, { cause });
    this.name = /** @type {const} */ ("AtelierError");
    this.code = problem.code;
    this.status = problem.status;
    this.errors = problem.errors ?? {};
    this.required = problem.required;
    this.remaining = problem.remaining;
    this.buy_url = problem.buy_url;
    this.portal_url = problem.portal_url;
    this.reference = problem.reference;
    this.retryAfter = retryAfter;
  }
}

/** @param {unknown} [cause] */
const noAnswer = (cause) =>
  new AtelierError({ code: "network", status: 0, title: "No answer", detail: "Atelier did not answer." }, { cause });

/** Seconds, or a date, as proxies may say. @param {Response} answer */
function retryAfterOf(answer) {
  const said = answer.headers.get("retry-after");
  if (!said) return undefined;
  const seconds = Number.isNaN(Number(said)) ? (Date.parse(said) - Date.now()) / 1000 : Number(said);
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/** What an answer says that is no success. @param {Response} answer @param {string} text */
function refusal(answer, text) {
  const { status } = answer;
  /** @type {Problem} */
  let problem = { status, code: "unexpected", title: answer.statusText, detail: `The answer ${status} is none of Atelier's.` };
  try {
    const said = JSON.parse(text);
    if (typeof said?.code === "string") problem = { ...said, status };
  } catch {
    // A page of a proxy; its status says enough.
  }
  return new AtelierError(problem, { retryAfter: retryAfterOf(answer) });
}

/** Whether the same request may be answered otherwise in a moment. @param {unknown} error */
function passes(error) {
  if (!(error instanceof AtelierError)) return false;
  // Of all conflicts only that with the same key in flight passes, and says so.
  const inFlight = error.status === 409 && error.retryAfter !== undefined;
  return error.code === "network" || [429, 502, 503, 504].includes(error.status) || inFlight;
}

/** Longer each time, and not for all clients the same. @param {number} failures */
const pauseAfter = (failures) => Math.min(LONGEST_PAUSE_MS, 300 * 2 ** failures) * (0.5 + Math.random());

/** Rejects at once when the signal says so. @param {number} ms @param {AbortSignal} [signal] */
const pause = (ms, signal) => new Promise((done, fail) => {
  const end = () => { clearTimeout(timer); fail(signal?.reason); };
  const timer = setTimeout(() => { signal?.removeEventListener("abort", end); done(undefined); }, ms);
  signal?.addEventListener("abort", end, { once: true });
});

/** Unique, and no secret: it names one wish of one account. `crypto` is not on every Node and page. */
const freshKey = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}`;

/** @param {Picture} picture */
const blob = (picture) => picture instanceof Blob ? picture : new Blob([/** @type {BlobPart} */ (picture)]);

/** Where to ask. @param {string | URL | undefined} url @param {string | undefined} token */
function baseOf(url, token) {
  const here = globalThis.location?.origin;
  if (!url && !here) throw new TypeError("createAtelier needs the `url` of Atelier");
  const base = new URL(url ?? here, here);
  if (!here) return base;
  // The cookie goes to no other origin, and a token on a page would be everybody's.
  if (base.origin !== here) throw new TypeError(`in a browser only ${here} can be asked, not ${base.origin}`);
  if (token) throw new TypeError("in a browser the session says who asks; a token stays on a server");
  return base;
}

/** @type {typeof import("./atelier.d.ts").createAtelier} */
export function createAtelier({ url, token, fetch: ownFetch, attempts = ATTEMPTS, totalMs = TOTAL_MS } = {}) {
  const base = baseOf(url, token);
  const inBrowser = globalThis.location !== undefined;
  const send = ownFetch ?? ((/** @type {URL} */ to, /** @type {RequestInit} */ how) => fetch(to, how));
  const headers = new Headers(token ? { authorization: `Bearer ${token}` } : {});
  // A redirect is no answer: followed, a POST could become a GET that succeeds.
  /** @type {RequestInit} */
  const always = { cache: "no-store", credentials: "same-origin", redirect: "manual" };

  // -------------------------------------------------------------- calls

  /** One attempt, answered or not. @param {string} method @param {string} path @param {Sent} sent */
  async function once(method, path, { body, key, signal }) {
    const all = new Headers(headers);
    all.set("accept", "application/json");
    if (typeof body === "string") all.set("content-type", "application/json");
    if (key) all.set("idempotency-key", key);
    const stop = new AbortController();
    const end = () => stop.abort();
    const timer = setTimeout(end, body instanceof FormData ? UPLOAD_MS : ATTEMPT_MS);
    signal?.addEventListener("abort", end);
    try {
      const how = { ...always, method, headers: all, signal: stop.signal, ...(body !== undefined && { body }) };
      const answer = await send(new URL(path, base), how);
      return { answer, text: await answer.text() };
    } catch (cause) {
      signal?.throwIfAborted();
      throw noAnswer(cause);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    }
  }

  /** Asks until it is answered, within bounds; a POST by the same key each time. @param {string} method @param {string} path @param {Sent} sent */
  async function persist(method, path, sent) {
    const begun = Date.now();
    for (let failures = 0; ; failures++) {
      sent.signal?.throwIfAborted();
      try {
        const { answer, text } = await once(method, path, sent);
        if (!answer.ok) throw refusal(answer, text);
        return parsed(answer, text);
      } catch (error) {
        if (!passes(error)) throw error;
        const { retryAfter = 0 } = /** @type {AtelierError} */ (error);
        const wait = Math.max(pauseAfter(failures), retryAfter * 1000);
        if (failures + 1 >= attempts || Date.now() - begun + wait > totalMs) throw error;
        await pause(wait, sent.signal);
      }
    }
  }

  /** @param {Response} answer @param {string} text */
  function parsed(answer, text) {
    try {
      return JSON.parse(text);
    } catch {
      throw refusal(answer, text);
    }
  }

  /** The same, told of in the state. @param {string} method @param {string} path @param {Sent} [sent] */
  async function call(method, path, sent = {}) {
    calls++;
    refused = null;
    publish();
    try {
      return await persist(method, path, sent);
    } catch (error) {
      // Whoever ended a call by its signal knows.
      if (error instanceof AtelierError) refused = error;
      throw error;
    } finally {
      calls--;
      publish();
    }
  }

  /** @param {string} path @param {BodyInit} body @param {Sent} [options] */
  const post = (path, body, { key = freshKey(), signal } = {}) => call("POST", path, { body, key, signal });

  /** @param {string} path @param {{ signal?: AbortSignal | undefined }} [options] with what is asked for */
  async function* pages(path, { signal, ...asked } = {}) {
    for (let cursor = null; ;) {
      const query = new URLSearchParams({ limit: "100" });
      for (const [name, value] of Object.entries({ ...asked, cursor })) if (value) query.set(name, String(value));
      const page = await call("GET", `${path}?${query}`, { signal });
      yield* page.items;
      cursor = page.next;
      if (!cursor) return;
    }
  }

  // -------------------------------------------------------------- state

  let calls = 0;
  /** What the last call failed by, and why no changes arrive. @type {AtelierError | null} */
  let refused = null;
  /** @type {AtelierError | null} */
  let lost = null;
  /** The newest wallet seen. @type {Wallet | null} */
  let known = null;
  /** @type {State} */
  let state = Object.freeze({ loading: false, error: null, wallet: null });

  /** @type {Set<Listener>} */
  const listeners = new Set();
  /** @type {Set<{ callback: () => void }>} */
  const watchers = new Set();
  /** @type {Set<Waiter>} */
  const waiters = new Set();

  /** A new object only when something changed: stores are compared by identity. */
  function publish() {
    const loading = calls > 0 || (life !== null && listeners.size + watchers.size > 0 && !known && !lost);
    const next = { loading, error: refused ?? lost, wallet: known };
    if (next.loading === state.loading && next.error === state.error && next.wallet === state.wallet) return;
    state = Object.freeze(next);
    for (const watcher of watchers) queueMicrotask(() => { if (watchers.has(watcher)) watcher.callback(); });
  }

  /** @param {Wallet} wallet */
  function see(wallet) {
    // Versions are of one wallet; after a change of account in this browser the other begins anew.
    if (known?.user_id !== wallet.user_id || known.version < wallet.version) known = wallet;
    listeners.forEach(tell);
    publish();
  }

  /** In a microtask, so that what a callback throws ends neither a call nor the stream. @param {Listener} listener */
  function tell(listener) {
    const wallet = known;
    if (!wallet || listener.told === wallet) return;
    listener.told = wallet;
    queueMicrotask(() => { if (listeners.has(listener)) listener.callback(wallet); });
  }

  // -------------------------------------------------------------- the stream: one, while anybody listens

  /** @type {AbortController | null} */
  let life = null;
  let up = false, hidden = false;
  /** Ends the connection; ends a pause between two. */
  let cut = () => {}, hurry = () => {};

  /** @template T @param {Set<T>} all @param {T} one @param {AbortSignal} [signal] */
  function listen(all, one, signal) {
    if (signal?.aborted) return () => {};
    const stop = () => {
      signal?.removeEventListener("abort", stop);
      all.delete(one);
      if (listeners.size + watchers.size + waiters.size === 0) leave();
    };
    all.add(one);
    signal?.addEventListener("abort", stop);
    join();
    return stop;
  }

  function join() {
    if (life || listeners.size + watchers.size + waiters.size === 0) return;
    life = new AbortController();
    lost = null;
    follow(life.signal);
    publish();
  }

  function leave() {
    life?.abort();
    life = lost = null;
    publish();
  }

  const absent = () => hidden || (inBrowser && navigator.onLine === false);

  /** Opens the stream again whenever it ends, until nobody listens or the server says no. @param {AbortSignal} mine */
  async function follow(mine) {
    hidden = false;
    mine.addEventListener("abort", () => { cut(); hurry(); });
    if (inBrowser) {
      const heed = (/** @type {string} */ name, /** @type {() => void} */ act) => addEventListener(name, act, { signal: mine });
      heed("offline", () => cut());
      heed("online", () => hurry());
      // A page with an open connection cannot be kept for the way back.
      heed("pagehide", () => { hidden = true; cut(); });
      heed("pageshow", () => { hidden = false; hurry(); });
    }
    for (let failures = 0; ;) {
      let error = noAnswer();
      try {
        if (!absent()) await hear(mine, () => { failures = 0; });
      } catch (cause) {
        error = cause instanceof AtelierError ? cause : noAnswer(cause);
      }
      if (mine.aborted) return;
      const isOver = error.status === 401 || error.status === 403;
      // A stream may end; only one that cannot be opened again is worth a word.
      if (isOver || absent() || failures > 0) lost = error;
      if (isOver) life = null;
      publish();
      if (isOver) return;
      const wait = Math.max(pauseAfter(failures++), (error.retryAfter ?? 0) * 1000);
      await new Promise((done) => {
        const timer = absent() ? undefined : setTimeout(done, wait);
        hurry = () => { clearTimeout(timer); done(undefined); };
      });
      if (mine.aborted) return;
    }
  }

  /** One connection, from open to end. @param {AbortSignal} mine @param {() => void} onNews */
  async function hear(mine, onNews) {
    const stop = new AbortController();
    cut = () => stop.abort();
    let watch = setTimeout(cut, SILENCE_MS), seesWallet = false;
    const all = new Headers(headers);
    all.set("accept", "text/event-stream");
    try {
      const answer = await send(new URL("/live", base), { ...always, headers: all, signal: stop.signal });
      const isStream = answer.headers.get("content-type")?.startsWith("text/event-stream");
      if (!answer.ok || !answer.body || !isStream) throw refusal(answer, await answer.text());
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      up = true;
      waiters.forEach((waiter) => waiter.ask());
      for (let rest = ""; ;) {
        const { done, value } = await reader.read();
        if (done || mine.aborted) return;
        clearTimeout(watch);
        watch = setTimeout(cut, SILENCE_MS);
        onNews();
        const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) seesWallet = onBlock(block) || seesWallet;
        // The wallet comes first. A token that may hear of jobs only is not sent any.
        lost = seesWallet || blocks.length === 0 || listeners.size + watchers.size === 0 ? null : refusedWallet();
        publish();
      }
    } finally {
      up = false;
      clearTimeout(watch);
      stop.abort();
    }
  }

  const refusedWallet = () => lost ?? new AtelierError({ status: 403, code: "forbidden", title: "Forbidden", detail: "This token may not read credits." });

  /** Answers whether it was a wallet. @param {string} block */
  function onBlock(block) {
    let name = "", data = "";
    for (const line of block.split("\n")) {
      if (line.startsWith("event:")) name = line.slice(6).trim();
      if (line.startsWith("data:")) data += line.slice(5).trim();
    }
    if (name === "credits") see(JSON.parse(data));
    if (name === "job") for (const waiter of waiters) waiter.heard(JSON.parse(data));
    return name === "credits";
  }

  // -------------------------------------------------------------- the client

  /** @type {import("./atelier.d.ts").Atelier} */
  const client = {
    async credits({ signal } = {}) {
      const wallet = await call("GET", "/api/credits", { signal });
      see(wallet);
      // Whoever may read the wallet may hear of it again, as after signing in.
      join();
      return wallet;
    },

    onCredits(callback, { signal } = {}) {
      /** @type {Listener} */
      const listener = { callback };
      const stop = listen(listeners, listener, signal);
      if (up) tell(listener);
      return stop;
    },

    async hasEnough(tool, options) {
      const uses = (await client.credits(options)).remaining_uses[tool];
      if (uses === undefined) throw new TypeError(`there is no tool ${tool}`);
      return uses === null || uses > 0;
    },

    async deduct(amount, reason, options) {
      const written = await post("/api/credits", JSON.stringify({ action: "deduct", amount, reason }), options);
      const { entry: _, ...wallet } = written;
      see(wallet);
      return written;
    },

    checkout(item, { provider, ...options } = {}) {
      const wanted = typeof item === "string" ? { item } : item;
      return post("/api/checkout", JSON.stringify({ ...wanted, provider }), options);
    },

    tryOn({ person, garment, category }, options) {
      const form = new FormData();
      form.set("person", blob(person));
      form.set("garment", blob(garment));
      if (category) form.set("category", category);
      return post("/api/try-on", form, options);
    },

    job: (id, { signal } = {}) => call("GET", `/api/jobs/${encodeURIComponent(id)}`, { signal }),

    waitForJob(job, { signal } = {}) {
      const id = typeof job === "string" ? job : job.id;
      return new Promise((resolve, reject) => {
        const end = () => {
          clearInterval(timer);
          signal?.removeEventListener("abort", abort);
          stop();
        };
        const abort = () => { end(); reject(signal?.reason); };
        let asking = 0, ticks = 0;
        const waiter = {
          /** @param {Job} job */
          heard(job) {
            if (job.id !== id || !FINAL.includes(job.state)) return;
            end();
            resolve(job);
          },
          // It may have ended before the stream was open, which tells of unfinished jobs only.
          async ask() {
            asking++;
            try {
              waiter.heard(await persist("GET", `/api/jobs/${encodeURIComponent(id)}`, { signal }));
            } catch (error) {
              if (!passes(error)) { end(); reject(error); }
            }
            asking--;
          },
        };
        // Where there is no stream it is asked again and again; where there is one, hardly ever.
        const timer = setInterval(() => { if (!asking && (!up || ++ticks % 10 === 0)) waiter.ask(); }, POLL_MS);
        const stop = listen(waiters, waiter);
        signal?.addEventListener("abort", abort);
        if (signal?.aborted) abort();
        else waiter.ask();
      });
    },

    jobs: (options) => pages("/api/jobs", options),
    entries: (options) => pages("/api/credits/entries", options),
    catalog: ({ signal } = {}) => call("GET", "/api/catalog", { signal }),

    get state() {
      return state;
    },

    onState: (callback, { signal } = {}) => listen(watchers, { callback }, signal),
  };
  return client;
}
