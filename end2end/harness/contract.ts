/** The shapes of CONTRACT.md that the tests read. */

export interface Money {
  amount_minor: number;
  currency: string;
}

export interface Wallet {
  user_id: string;
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
    quota: number | null;
    used: number;
    held: number;
    remaining: number | null;
    renews_at: string | null;
  };
  remaining_uses: { try_on: number | null; video: number | null };
}

export interface Entry {
  id: string;
  version: number;
  kind:
    | 'grant'
    | 'hold'
    | 'capture'
    | 'release'
    | 'deduct'
    | 'take_back'
    | 'expire'
    | 'freeze'
    | 'unfreeze'
    | 'debt'
    | 'debt_paid';
  amount: number;
  balance_after: number;
  reason: string | null;
  actor: string;
  job_id: string | null;
  recharge_id: string | null;
  lots: { source: string; amount: number }[];
  created_at: string;
}

export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface Job {
  id: string;
  tool: 'try_on' | 'video';
  state: JobState;
  progress: number;
  cancel_requested: boolean;
  paid_by: 'credits' | 'trial' | 'plan';
  cost: number;
  created_at: string;
  finished_at: string | null;
  result_url: string | null;
  error: { code: string; message: string } | null;
}

export interface Recharge {
  id: string;
  provider: string;
  item: string;
  amount_minor: number;
  currency: string;
  credits: number;
  bonus: number;
  status: string;
  payment_method: string | null;
  payment_id: string | null;
  session_id: string | null;
  receipt_url: string | null;
  created_at: string;
  completed_at: string | null;
}

export interface Checkout {
  recharge_id: string;
  session_id: string;
  url: string;
}

export interface Problem {
  status: number;
  title: string;
  detail: string;
  code: string;
  errors?: Record<string, string>;
}

export interface List<Item> {
  items: Item[];
  next: string | null;
}

export interface User {
  id: string;
  email: string;
}

/** What the sandbox's own book says was really paid. */
export interface BookItem extends Money {
  payment_intent: string;
  session_id: string;
  client_reference_id: string;
  paid: boolean;
  refunded: number;
  disputed: boolean;
}

/** The figures that carry `data-testid` and `data-value` on pages. */
export const FIGURES = [
  'credits-remaining',
  'remaining-uses',
  'credits-total',
  'credits-used',
  'trials-remaining',
  'plan-name',
  'recharge-status',
  'job-state',
] as const;

export type Figure = (typeof FIGURES)[number];

/** What a new account is given, and what things cost. */
export const INITIAL_CREDITS = 8;
export const TRIALS = 3;
export const PACK = { item: 'credits-10', credits: 10, amount_minor: 190, currency: 'usd' };

/** The plan with a quota, and the one without. */
export const PLAN = { item: 'premium-monthly', quota: 100 };
export const UNLIMITED = 'premium-unlimited';

export const CARDS = {
  good: '4242 4242 4242 4242',
  declined: '4000 0000 0000 0002',
  insufficientFunds: '4000 0000 0000 9995',
  expired: '4000 0000 0000 0069',
  refundFails: '4000 0000 0000 5126',
  failsLater: '4000 0000 0000 0341',
} as const;
