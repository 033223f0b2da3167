import { defineConfig } from '@playwright/test';

import type { Options, WorkerOptions } from './harness/fixtures';
import config from './playwright.config';

/** Figures of speed count only when nothing else runs, so these tests have a run of their own, after the others. */
export default defineConfig<Options, WorkerOptions>({
  ...config,
  outputDir: 'test-results/lighthouse',
  reporter: [['list'], ['json', { outputFile: 'report/lighthouse.json' }], ['./harness/tables.ts']],
  workers: 1,
  fullyParallel: false,
  timeout: 300_000,
  projects: [{ name: 'lighthouse', testDir: 'audit', testMatch: 'lighthouse.spec.ts', use: { database: 'sqlite' } }],
});
