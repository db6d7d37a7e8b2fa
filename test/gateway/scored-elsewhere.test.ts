import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../gateway/config/load-config.ts';
import { subjectId } from '../../gateway/conversation/subject-id.ts';
import { checkActing } from '../../gateway/handover/check-acting.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, completion, startUpstream } from './test-upstream.ts';

/** Loads a configuration whose exchanges are scored elsewhere, with one rule that blocks. */
function load(context: { after(done: () => void): void }, more: string) {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-elsewhere-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const rules = join(folder, 'rules.yaml');
  writeFileSync(rules, ruleFile([rule({ name: 'stops', mode: 'enforce' })]));
  const file = join(folder, 'c.yaml');
  writeFileSync(file, `rules: ${rules}\n${more}`);
  return loadConfig({ TELLTALE_CONFIG: file });
}

const ELSEWHERE = 'scoring: {where: kafka, brokers: ["k:9092"]';

test('rules that enforce are refused by name where exchanges are scored elsewhere, unless they may only flag', async (context) => {
  const { problem } = await checkActing(load(context, `${ELSEWHERE}}\n`));
  assert.match(problem ?? '', /could not redact or block any more: stops; .*enforcing_rules/);
  const allowed = await checkActing(load(context, `${ELSEWHERE}, enforcing_rules: flag}\n`));
  assert.deepEqual(allowed, { problem: null, onlyFlag: ['stops'] });
  assert.deepEqual(await checkActing(load(context, '')), { problem: null, onlyFlag: [] });
});

const REFUSED: readonly [path: string, text: string][] = [
  ['policy.request_verdict', 'policy: {request_verdict: before}'],
  ['policy.on_unscannable.enforce', 'policy: {on_unscannable: {enforce: block}}'],
  ['policy.expose_verdict', 'policy: {expose_verdict: true}'],
];

for (const [path, text] of REFUSED) {
  test(`${path} is refused where exchanges are scored elsewhere`, (context) => {
    assert.throws(
      () => load(context, `${ELSEWHERE}}\n${text}\n`),
      (error: Error) => error.message.includes(path) && error.message.includes('scoring.where is "kafka"'),
    );
  });
}

test('what waits to be scored elsewhere is erased with its person', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const { post, ledger } = await startGateway(context, {
    upstream: upstream.url,
    // Nobody is there: what is to be scored waits in the store.
    config: { scoring: { where: 'kafka', brokers: ['127.0.0.1:1'] } },
    relayDeadlineMs: 1,
  });
  for (const user of ['kim', 'kim', 'robin']) await (await post({ ...ask('hello'), user })).text();
  const { removed, exchangeIds } = await ledger.erase({ by: 'subject', value: subjectId('kim') });
  assert.deepEqual([removed.unscored, exchangeIds.length], [2, 2]);
  assert.equal((await ledger.unscored.depth('scoring')).depth, 1);
});
