import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { Reporter, Suite } from '@playwright/test/reporter';

import type { Row } from './audit';

const FOLDER = resolve(import.meta.dirname, '../report');
const MARK = 'table:';

/** Prints what the tests noted as tables, and keeps them as files. */
export default class Tables implements Reporter {
  #suite: Suite | undefined;

  onBegin(_: unknown, suite: Suite): void {
    this.#suite = suite;
  }

  onEnd(): void {
    for (const [name, rows] of this.#tables()) {
      const table = draw(rows);
      mkdirSync(FOLDER, { recursive: true });
      writeFileSync(join(FOLDER, `${name}.md`), table);
      console.log(`\n${name}\n\n${table}`);
    }
  }

  printsToStdio(): boolean {
    return false;
  }

  /** Rows by table, in the order of the tests. */
  #tables(): Map<string, Row[]> {
    const tables = new Map<string, Row[]>();
    for (const { annotations } of this.#suite?.allTests() ?? []) {
      for (const { type, description } of annotations) {
        if (!type.startsWith(MARK)) continue;
        const name = type.slice(MARK.length);
        tables.set(name, [...(tables.get(name) ?? []), JSON.parse(description ?? '{}') as Row]);
      }
    }
    return tables;
  }
}

function draw(rows: Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  const isNumber = columns.map((column) => rows.every((row) => typeof row[column] === 'number'));
  const fit = (text: string, at: number) => (isNumber[at] ? text.padStart(widths[at]!) : text.padEnd(widths[at]!));
  const lines = cells.map((line) => `| ${line.map(fit).join(' | ')} |`);
  const rule = widths.map((width, at) => (isNumber[at] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [lines[0], `| ${rule.join(' | ')} |`, ...lines.slice(1)].join('\n') + '\n';
}
