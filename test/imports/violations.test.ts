import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FOLDERS, findViolations } from './violations.ts';

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
const packages = new Set(Object.keys(manifest.dependencies));

const rejected: [file: string, source: string, message: RegExp][] = [
  ['rules/a.ts', "import { x } from '../gateway/index.ts';", /rules comes before gateway/],
  ['detectors/deep/a.ts', "import type { X } from '../../rules/index.ts';", /detectors comes before rules/],
  ['gateway/a.ts', "export { x } from '../rules/parse.ts';", /entered through rules\/index.ts only/],
  ['gateway/a.ts', "const x = await import('../alerts/outbox.ts');", /entered through alerts\/index.ts only/],
  [
    'review/a.ts',
    "const w = new URL('../detectors/worker.ts', import.meta.url);",
    /detectors\/index.ts only/,
  ],
  ['alerts/a.ts', "import '../test/services/kafka.ts';", /test is not a folder of the program/],
  ['alerts/a.ts', "import data from '../models/default/manifest.json';", /models is not a folder/],
  ['rules/a.ts', "import {\n  a,\n  b,\n} from '../review/index.ts';", /rules comes before review/],
  ['rules/a.ts', "import fc from 'fast-check';", /fast-check is not among the dependencies/],
  ['rules/a.ts', "import fs from 'fs';", /fs is not among the dependencies/],
];

for (const [file, source, message] of rejected) {
  test(`refused in ${file}: ${source.replaceAll('\n', ' ')}`, () => {
    const found = findViolations(file, source, packages);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', message);
  });
}

test('imports to the left through index.ts, inside a folder, of node and of dependencies are allowed', () => {
  const source = [
    "import { readFile } from 'node:fs/promises';",
    "import express, { type Request } from 'express';",
    "import { useSignal } from '@preact/signals';",
    "import { loadRules } from '../rules/index.ts';",
    "import { here } from './dialects/openai.ts';",
    "import { version } from '../package.json' with { type: 'json' };",
    'throw new Error(\'no answer from "upstream"\');',
  ].join('\n');
  assert.deepEqual(findViolations('gateway/a.ts', source, packages), []);
});

for (const folder of FOLDERS) {
  test(`${folder} imports only to its left, through index.ts`, () => {
    const files = globSync(`${folder}/**/*.{ts,tsx}`, { exclude: ['review/web/dist/**'] });
    assert.ok(files.length > 0, `${folder} has no source files`);
    const found = files.flatMap((file) => findViolations(file, readFileSync(file, 'utf8'), packages));
    assert.deepEqual(found, []);
  });
}

test('models and training hold no program code', () => {
  assert.deepEqual(globSync('{models,training}/**/*.{ts,tsx,js,mjs,cjs}'), []);
});
