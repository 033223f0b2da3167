import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

import { expect, test } from '@playwright/test';

const FOLDER = resolve(import.meta.dirname, '..');

for (const [what, project] of [
  ['the tests', 'tsconfig.json'],
  ['the scripts in public', 'tsconfig.live.json'],
]) {
  test(`the types of ${what} are right`, () => {
    const { status, stdout } = spawnSync('npx', ['--no-install', 'tsc', '--project', project ?? ''], { cwd: FOLDER });
    expect(status, String(stdout)).toBe(0);
  });
}
