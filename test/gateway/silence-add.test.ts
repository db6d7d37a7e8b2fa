import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLedger } from '../../alerts/index.ts';
import { runHere } from '../edge/run-telltale.ts';

/** Adds silences to a store of its own. */
async function setUp(context: TestContext) {
  const data = mkdtempSync(join(tmpdir(), 'telltale-silence-'));
  context.after(() => rmSync(data, { recursive: true, force: true }));
  const ledger = await createLedger({ dataDir: data, sinks: [] });
  await ledger.close();
  const env = { TELLTALE_DATA: data };
  const why = ['--author', 'kim', '--comment', 'why', '--for', '2h'];
  const listed = async () =>
    JSON.parse((await runHere(['silence', 'list', '--json'], { env })).stdout).silences;
  const add = (args: readonly string[], more: Record<string, string> = {}) =>
    runHere(['silence', 'add', ...args, ...why], { env: { ...env, ...more } });
  return { add, listed };
}

test('a silence of a rule that there is not is added with a warning that names the nearest', async (context) => {
  const { add, listed } = await setUp(context);
  const added = await add(['--rule', 'decepton', '--rule', 'nothing-like-it-at-all']);
  assert.equal(added.code, 0);
  assert.match(added.stdout, /^\S+ until \S+\n$/);
  assert.deepEqual(added.stderr.trimEnd().split('\n'), [
    'silence add: --rule decepton: no rule has this name or id now; did you mean deception?',
    'silence add: --rule nothing-like-it-at-all: no rule has this name or id now',
  ]);
  assert.equal((await listed()).length, 1);
});

test('in JSON the warnings stand in the result, and where there are none the field is absent', async (context) => {
  const { add } = await setUp(context);
  const shipped = await add(['--rule', 'deception', '--json']);
  assert.deepEqual([shipped.stderr, JSON.parse(shipped.stdout).warnings], ['', undefined]);
  const mistyped = await add(['--rule', 'deceptionn', '--json']);
  const [warning] = JSON.parse(mistyped.stdout).warnings;
  assert.equal(warning, '--rule deceptionn: no rule has this name or id now; did you mean deception?');
  const pattern = await add(['--rule', 'no-such*', '--json']);
  assert.deepEqual([pattern.stderr, JSON.parse(pattern.stdout).warnings], ['', undefined]);
});

test('where the rules or the model do not load the silence is added, and why that is is the warning', async (context) => {
  const { add, listed } = await setUp(context);
  const cannot = '--rule any: cannot tell whether there is such a rule, since';
  const table: [env: Record<string, string>, warning: RegExp][] = [
    [{ TELLTALE_RULES: '/nowhere/rules' }, /\/nowhere\/rules does not load: \/nowhere\/rules:\d+:\d+: \S+/],
    [{ TELLTALE_MODEL: '/nowhere/model' }, /the model in \/nowhere\/model does not load: .*manifest\.json/],
  ];
  for (const [env, warning] of table) {
    const { code, stderr } = await add(['--rule', 'any'], env);
    assert.equal(code, 0);
    assert.ok(stderr.startsWith(`silence add: ${cannot} `), stderr);
    assert.match(stderr, warning);
  }
  assert.equal((await listed()).length, table.length);
});
