import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { expect, test } from '@playwright/test';

import { BINARY } from '../harness/server';

const FOLDER = resolve(import.meta.dirname, '..');

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
}

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const ITEM = "$['items'][number]";
const MADE_WITH = (tool: string, of: string): string => `Extract<${of}, { tool: "${tool}" }>`;
/** What the client answers with, which answer of the HTTP API that is, and what of it. */
const ANSWERS: [type: string, operation: string, status: string, part: string][] = [
  ['client.Wallet', 'get /api/credits', '200', '$'],
  // Only what sets a wallet may write no entry, and the client does not.
  ['client.Wallet & { entry: client.Entry }', 'post /api/credits', '200', '{ [K in keyof $]: NonNullable<$[K]> }'],
  ['client.Entry', 'get /api/credits/entries', '200', ITEM],
  ...['try_on', 'video'].flatMap((tool): typeof ANSWERS => [
    [MADE_WITH(tool, 'client.Job'), 'get /api/jobs/{id}', '200', MADE_WITH(tool, '$')],
    [MADE_WITH(tool, 'client.Job'), 'get /api/jobs', '200', MADE_WITH(tool, ITEM)],
    [MADE_WITH(tool, 'client.Job'), 'post /api/try-on', '202', MADE_WITH(tool, '$')],
  ]),
  ['client.Checkout', 'post /api/checkout', '201', '$'],
  ['client.Catalog', 'get /api/catalog', '200', '$'],
  // Its codes may become more; its `type` says what its `code` says.
  ['Omit<client.Problem, "code">', 'post /api/credits', '402', 'Omit<$, "code" | "type">'],
];

/** A schema as a type of TypeScript. */
function typeOf(schema: Schema): string {
  const { $ref, oneOf, anyOf, allOf, type } = schema;
  if ($ref) return `schemas[${JSON.stringify($ref.split('/').at(-1))}]`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const either = oneOf ?? anyOf;
  if (either) return either.map((one) => `(${typeOf(one)})`).join(' | ');
  if (allOf) return allOf.map((one) => `(${typeOf(one)})`).join(' & ');
  if (Array.isArray(type)) return type.map((one) => `(${typeOf({ ...schema, type: one })})`).join(' | ');
  switch (type) {
    case 'array':
      return `(${typeOf(schema.items ?? {})})[]`;
    case 'object': {
      const { properties = {}, required = [], additionalProperties: others } = schema;
      if (typeof others === 'object' && !schema.properties) return `Record<string, ${typeOf(others)}>`;
      const fields = Object.entries(properties).map(
        ([name, field]) => `${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${typeOf(field)};`,
      );
      return `{ ${fields.join(' ')} }`;
    }
    case 'integer':
      return 'number';
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return type;
    default:
      return 'unknown';
  }
}

/** A file whose types are right only if the client's are those of the API; else it names the fields that differ. */
function comparison({ paths, components }: Description): string {
  const schemas = Object.entries(components.schemas).map(([name, schema]) => `${JSON.stringify(name)}: ${typeOf(schema)};`);
  const compared = ANSWERS.map(([type, operation, status, part], at) => {
    const [method = '', path = ''] = operation.split(' ');
    const { content = {} } = paths[path]?.[method]?.responses[status] ?? {};
    const schema = (content['application/json'] ?? content['application/problem+json'])?.schema;
    if (!schema) throw new Error(`${operation} is not described to answer ${status} with JSON`);
    const answer = part.replaceAll('$', () => `(${typeOf(schema)})`);
    return `// ${operation} ${status}\nexport const _${at}: Differ<Flat<${type}>, Flat<${answer}>> = 'nothing';`;
  });
  return `import type * as client from '../../public/atelier.d.ts';

/** Written out, however it was put together. */
type Flat<T> = T extends (infer I)[] ? Flat<I>[] : T extends object ? { [K in keyof T]: Flat<T[K]> } : T;
/** Whether two types are the same, down to what may be left out. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Part<T, K> = { [P in keyof T as P extends K ? P : never]: T[P] };
type Fields<A, B> = {
  [K in keyof A | keyof B]-?: Same<Part<A, K>, Part<B, K>> extends true ? never : K;
}[keyof A | keyof B];
type Differ<A, B> = [Fields<A, B>] extends [never] ? 'nothing' : \`\${Fields<A, B> & string}\`;

interface schemas { ${schemas.join('\n  ')} }

${compared.join('\n')}
`;
}

/** What the compiler says against a comparison with this description. */
async function difference(description: Description): Promise<string> {
  const folder = await mkdtemp(join(FOLDER, '.shapes-'));
  try {
    const file = join(folder, 'shapes.ts');
    await writeFile(file, comparison(description));
    const options = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--exactOptionalPropertyTypes', '--allowImportingTsExtensions'];
    const { status, stdout, stderr } = spawnSync('npx', ['--no-install', 'tsc', ...options, '--types', '', '--lib', 'ES2023,DOM', '--module', 'ESNext', '--moduleResolution', 'Bundler', file], { cwd: FOLDER });
    return status === 0 ? '' : `${stdout}${stderr}`;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function described(): Description {
  const { status, stdout, stderr } = spawnSync(BINARY, ['openapi'], { env: {}, maxBuffer: 64 * 1024 * 1024 });
  expect(status, String(stderr)).toBe(0);
  return JSON.parse(String(stdout)) as Description;
}

test('the shapes that the client answers with are those of the API', async () => {
  expect(await difference(described())).toBe('');
});

test('a field that one of them lacks, or has otherwise, is named', async () => {
  for (const [change, named] of [
    [(job: Record<string, Schema>) => (job['seed'] = { type: 'integer' }), 'seed'],
    [(job: Record<string, Schema>) => delete job['progress'], 'progress'],
    [(job: Record<string, Schema>) => (job['cost'] = { type: ['integer', 'null'] }), 'cost'],
  ] as const) {
    const description = described();
    const job = description.components.schemas['Job']?.oneOf?.[0];
    change(job?.properties ?? {});
    expect(await difference(description), named).toContain(`"${named}"`);
  }
});
