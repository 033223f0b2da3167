/** Types of `atelier.js`, the client of Atelier for browsers and Node. Shapes are those of the HTTP API. */

export type Tool = "try_on" | "video";
export type Category = "auto" | "tops" | "bottoms" | "one-piece";
export type Provider = "stripe" | "creem";

export interface Money {
  /** In the smallest unit of the currency: cents, fen. */
  amount_minor: number;
  currency: string;
}

/** Always: total = remaining + frozen + held + used + removed - debt. */
export interface Wallet {
  user_id: string;
  /** Grows with every change of this wallet and never goes back. */
  version: number;
  credits: {
    remaining: number;
    held: number;
    frozen: number;
    total: number;
    used: number;
    removed: number;
    bonus: number;
    initial: number;
    debt: number;
  };
  trials: { limit: number; used: number; held: number; remaining: number };
  premium: {
    active: boolean;
    status: string | null;
    plan: string | null;
    /** `null` without a plan, and for an unlimited one. */
    quota: number | null;
    used: number;
    held: number;
    remaining: number | null;
    renews_at: string | null;
  };
  /** By plan, credits and trials together; `null` is unlimited. */
  remaining_uses: Record<Tool, number | null>;
}

export type EntryKind =
  | "grant"
  | "hold"
  | "capture"
  | "release"
  | "deduct"
  | "take_back"
  | "expire"
  | "freeze"
  | "unfreeze"
  | "debt"
  | "debt_paid";

/** Where credits came from. */
export type Source = "initial" | "purchase" | "bonus" | "grant";

/** A line of the statement. */
export interface Entry {
  id: string;
  version: number;
  kind: EntryKind;
  /** The signed change of the net balance. */
  amount: number;
  balance_after: number;
  reason: string;
  actor: string;
  job_id: string | null;
  recharge_id: string | null;
  lots: { source: Source; amount: number }[];
  created_at: string;
}

export type JobState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** Why a job failed. */
export type Failure =
  | "moderation"
  | "bad_image"
  | "no_pose"
  | "invalid_input"
  | "provider_internal"
  | "provider_refused"
  | "timeout"
  | "no_verdict"
  | "result_unavailable";

/** What every job says, whatever it was made with. */
export interface AnyJob {
  id: string;
  state: JobState;
  /** From 0 to 100. */
  progress: number;
  cancel_requested: boolean;
  paid_by: "credits" | "trial" | "plan";
  /** Credits; 0 for a trial and a plan. */
  cost: number;
  created_at: string;
  finished_at: string | null;
  result_url: string | null;
  error: { code: Failure; message: string } | null;
}

export interface TryOnJob extends AnyJob {
  tool: "try_on";
  category: Category;
}

export interface VideoJob extends AnyJob {
  tool: "video";
  /** May be empty where a picture says it all. */
  prompt: string;
  seconds: number;
  aspect: "9:16" | "16:9" | "1:1";
}

export type Job = TryOnJob | VideoJob;

/** A purchase that was begun: its recharge record, and where it is paid. */
export interface Checkout {
  recharge_id: string;
  session_id: string;
  url: string;
}

export type Interval = "month" | "year";

export interface Catalog {
  tools: { id: Tool; credits: number; trial: boolean }[];
  packs: { id: string; name: string; credits: number; bonus: number; price: Money }[];
  top_up: { currency: string; credits_per_unit: number; min: number; max: number; quick: number[] } | null;
  plans: { id: string; name: string; price: Money; interval: Interval; quota: number | null }[];
}

/** Why the server refused, RFC 9457; more codes may be added. */
export type ProblemCode =
  | "unauthenticated"
  | "forbidden"
  | "cross_site"
  | "not_found"
  | "insufficient_credits"
  | "validation"
  | "idempotency_mismatch"
  | "conflict"
  | "payload_too_large"
  | "unsupported_media"
  | "bad_image"
  | "rate_limited"
  | "too_many_jobs"
  | "provider_unavailable"
  | "unavailable"
  | "internal";

export interface Problem {
  status: number;
  title: string;
  detail: string;
  code: ProblemCode | (string & {});
  errors?: Record<string, string>;
  required?: number;
  remaining?: number;
  buy_url?: string;
  portal_url?: string;
  reference?: string;
}

/** What every call is rejected with, unless its signal ended it: then with the signal's reason. */
export class AtelierError extends Error {
  constructor(problem: Problem, more?: { retryAfter?: number | undefined; cause?: unknown });
  readonly name: "AtelierError";
  /** `network`: no answer came. `unexpected`: the answer was none of Atelier's. */
  readonly code: Problem["code"] | "network" | "unexpected";
  /** Of the answer; 0 where none came. */
  readonly status: number;
  /** What is wrong with each field. */
  readonly errors: Record<string, string>;
  /** `insufficient_credits`: credits needed, credits there, and where more can be bought. */
  readonly required: number | undefined;
  readonly remaining: number | undefined;
  readonly buy_url: string | undefined;
  /** Where a plan that is there already can be changed. */
  readonly portal_url: string | undefined;
  /** What to name when you ask the seller about it. */
  readonly reference: string | undefined;
  /** Seconds after which the server wants to be asked again. */
  readonly retryAfter: number | undefined;
}

export interface Options {
  /** Where Atelier is. In a browser it can only be the page's own origin, and may be left out. */
  url?: string | URL;
  /** An API token, `atl_…`; outside of browsers only, where the session cookie says who asks. */
  token?: string;
  /** Instead of the global one. */
  fetch?: typeof fetch;
  /** How often a call is made before it fails; 6. */
  attempts?: number;
  /** No attempt begins later after the first; 60 000. */
  totalMs?: number;
}

export interface Signalled {
  signal?: AbortSignal | undefined;
}

/** A call that changes something. The same key is the same wish, which is granted once in 24 hours. */
export interface Keyed extends Signalled {
  key?: string | undefined;
}

/** A picture: a `File` or `Blob`, or its bytes. */
export type Picture = Blob | ArrayBuffer | ArrayBufferView;

export interface State {
  /** Whether a call is on its way, or the first wallet is waited for. */
  readonly loading: boolean;
  /** What the last call failed by, or why changes do not arrive. */
  readonly error: AtelierError | null;
  /** The newest wallet seen. It is true while somebody listens and there is no error; to know, ask `credits()`. */
  readonly wallet: Wallet | null;
}

export interface Atelier {
  /** The wallet, from the server. */
  credits(options?: Signalled): Promise<Wallet>;
  /**
   * Calls back with the wallet now and at each change, never with an older one than before. It heals after lost
   * connections and ends at 401 and 403, with an error in `state`. Answers how to stop.
   */
  onCredits(callback: (wallet: Wallet) => void, options?: Signalled): () => void;
  /** Whether there is something to pay one job of the tool by. */
  hasEnough(tool: Tool, options?: Signalled): Promise<boolean>;
  /** Spends one's own credits. */
  deduct(amount: number, reason: string, options?: Keyed): Promise<Wallet & { entry: Entry }>;
  /** Begins a purchase: a pack, a plan, or a top-up of whole units of its currency. */
  checkout(
    item: string | { item: "top-up"; amount: number },
    options?: Keyed & { provider?: Provider | undefined },
  ): Promise<Checkout>;
  /** Starts a try-on. */
  tryOn(
    pictures: { person: Picture; garment: Picture; category?: Category | undefined },
    options?: Keyed,
  ): Promise<Job>;
  job(id: string, options?: Signalled): Promise<Job>;
  /** The job as it ended, whichever way. */
  waitForJob(job: string | Pick<Job, "id">, options?: Signalled): Promise<Job>;
  /** All jobs, newest first, read page by page. */
  jobs(options?: Signalled & { tool?: Tool; state?: JobState }): AsyncGenerator<Job, void, undefined>;
  /** The statement, newest first, read page by page. Days are `YYYY-MM-DD`, UTC. */
  entries(
    options?: Signalled & { kind?: EntryKind; from?: string; to?: string },
  ): AsyncGenerator<Entry, void, undefined>;
  catalog(options?: Signalled): Promise<Catalog>;
  /** Another object whenever, and only when, something in it changed. */
  readonly state: State;
  /** Calls back when `state` changed, and keeps it live meanwhile. Answers how to stop. */
  onState(callback: () => void, options?: Signalled): () => void;
}

export function createAtelier(options?: Options): Atelier;
