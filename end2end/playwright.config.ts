import { defineConfig } from '@playwright/test';

import type { Options, WorkerOptions } from './harness/fixtures';

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };

/**
 * The browser's matrix goes by pairs, not by product: every page, the main job and what becomes of money meet each
 * pair of database, script, language and width; every other story runs in two projects, with script and without, in both languages,
 * wide and narrow, on one of the databases. The folders `api`, `independence` and `process` need no browser: once a database each.
 */
const EVERYWHERE = [
  'stories/again.spec.ts',
  'stories/creem.spec.ts',
  'stories/dispute.spec.ts',
  'stories/first-visit.spec.ts',
  'stories/main-job.spec.ts',
  'stories/pages.spec.ts',
  'stories/plan-changes.spec.ts',
  'stories/plan.spec.ts',
  'stories/receipt.spec.ts',
  'stories/refund.spec.ts',
];
/** The other stories run on PostgreSQL. */
const ON_SQLITE = [
  'stories/coming-back.spec.ts',
  'stories/double-click.spec.ts',
  'stories/landing.spec.ts',
  'stories/top-up.spec.ts',
];
/** Several nodes share a PostgreSQL database. */
const ON_POSTGRES = 'live/two-nodes.spec.ts';

export default defineConfig<Options, WorkerOptions>({
  globalSetup: './harness/postgres.ts',
  outputDir: 'test-results',
  reporter: [['list'], ['json', { outputFile: 'report/results.json' }], ['./harness/tables.ts']],
  fullyParallel: true,
  forbidOnly: Boolean(process.env['CI']),
  // A test that passes at the second try has found something.
  retries: 0,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 5_000 },
  // A picture that is not kept is a failure; `--update-snapshots` makes it.
  snapshotPathTemplate: '{testDir}/kept/{arg}{ext}',
  updateSnapshots: 'none',
  use: {
    browserName: 'chromium',
    launchOptions: {
      executablePath: process.env['END2END_CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
    screenshot: 'only-on-failure',
  },
  projects: [
    // The longest first, so that no worker is left waiting for them at the end.
    { name: 'process-sqlite', testDir: 'process', timeout: 180_000, use: { database: 'sqlite' } },
    { name: 'process-postgres', testDir: 'process', timeout: 180_000, use: { database: 'postgres' } },
    { name: 'api-sqlite', testDir: 'api', timeout: 120_000, use: { database: 'sqlite' } },
    { name: 'api-postgres', testDir: 'api', timeout: 120_000, use: { database: 'postgres' } },
    // What is audited is how pages are made, which the database has no part in.
    { name: 'audit', testDir: 'audit', testIgnore: 'lighthouse.spec.ts', use: { database: 'sqlite' } },
    { name: 'independence-sqlite', testDir: 'independence', timeout: 120_000, use: { database: 'sqlite' } },
    { name: 'independence-postgres', testDir: 'independence', timeout: 120_000, use: { database: 'postgres' } },
    {
      name: 'sqlite-script-en-1280',
      testMatch: [...EVERYWHERE, ...ON_SQLITE, 'live/**'],
      testIgnore: ON_POSTGRES,
      use: { database: 'sqlite', language: 'en', locale: 'en-US', viewport: DESKTOP, colorScheme: 'light' },
    },
    {
      name: 'postgres-script-zh-360',
      testMatch: ['stories/**', 'live/**'],
      testIgnore: ON_SQLITE,
      use: { database: 'postgres', language: 'zh', locale: 'zh-CN', viewport: PHONE, colorScheme: 'dark' },
    },
    {
      name: 'sqlite-plain-zh-360',
      testMatch: [...EVERYWHERE, ...ON_SQLITE],
      use: {
        database: 'sqlite',
        language: 'zh',
        locale: 'zh-CN',
        viewport: PHONE,
        colorScheme: 'light',
        javaScriptEnabled: false,
      },
    },
    {
      name: 'postgres-plain-en-1280',
      testMatch: 'stories/**',
      testIgnore: ON_SQLITE,
      use: {
        database: 'postgres',
        language: 'en',
        locale: 'en-US',
        viewport: DESKTOP,
        colorScheme: 'dark',
        javaScriptEnabled: false,
      },
    },
    { name: 'types', testDir: 'checks' },
  ],
});
