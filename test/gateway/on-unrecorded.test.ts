import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { loadConfig } from '../../gateway/config/load-config.ts';
import { ifUnscoredUnrecorded, onUnrecorded } from '../../gateway/policy/on-unrecorded.ts';
import { finding } from '../alerts/records.ts';
import { correlationsText } from '../rules/correlation-text.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, completion, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';

const decide = (env: NodeJS.ProcessEnv, ...findings: Parameters<typeof onUnrecorded>[1]) =>
  onUnrecorded(loadConfig(env).policy, findings);

test('by default only an answer with a critical finding is blocked when it cannot be recorded', () => {
  for (const level of ['informational', 'low', 'medium', 'high'] as const) {
    assert.equal(decide({}, finding({ level })), 'pass', level);
  }
  assert.equal(decide({}), 'pass');
  assert.equal(decide({}, finding({ level: 'low' }), finding({ level: 'critical' })), 'block');
  assert.equal(decide({}, finding({ level: 'critical', mode: 'shadow' })), 'pass');
});

test('one word is for all levels, and the variable of a level is stronger', () => {
  const all = { TELLTALE_POLICY_ON_UNRECORDED: 'block' };
  assert.equal(decide(all), 'block');
  assert.equal(decide(all, finding({ level: 'low' })), 'block');
  const but = { ...all, TELLTALE_POLICY_ON_UNRECORDED_LOW: 'pass' };
  assert.equal(decide(but, finding({ level: 'low' })), 'pass');
  assert.equal(decide(but, finding({ level: 'medium' })), 'block');
  const wrong = { TELLTALE_POLICY_ON_UNRECORDED: 'perhaps' };
  assert.throws(() => loadConfig(wrong), /TELLTALE_POLICY_ON_UNRECORDED: .*"perhaps"/);
});

test('of what is scored elsewhere no level is known: the strictest decides', () => {
  const strictest = (env: NodeJS.ProcessEnv) => ifUnscoredUnrecorded(loadConfig(env).policy);
  assert.equal(strictest({}), 'block', 'by default a critical one would be blocked');
  assert.equal(strictest({ TELLTALE_POLICY_ON_UNRECORDED: 'pass' }), 'pass');
  const low = { TELLTALE_POLICY_ON_UNRECORDED: 'pass', TELLTALE_POLICY_ON_UNRECORDED_LOW: 'block' };
  assert.equal(strictest(low), 'block');
});

test('what a correlation has found decides too, and the counter says what was done', async (context) => {
  const upstream = await startUpstream(context, (response) =>
    answerJson(response, completion('we deceive them')),
  );
  const twice = {
    name: 'twice',
    level: 'critical',
    rules: '[deceives]',
    timespan: '1h',
    condition: '{gte: 2}',
  };
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: {
      'a.yaml': ruleFile([rule({ mode: 'shadow', target: 'output' })]),
      'b.yaml': correlationsText(twice),
    },
  });
  const database = new DatabaseSync(join(gateway.folder, 'data', 'telltale.db'));
  context.after(() => database.close());
  database.exec(`CREATE TRIGGER refuse BEFORE INSERT ON exchanges
    BEGIN SELECT RAISE(ABORT, 'refused by a trigger'); END`);
  const ofOne = { headers: { 'content-type': 'application/json', 'x-telltale-conversation-id': 'one' } };
  const areWhole: boolean[] = [];
  for (let count = 0; count < 2; count += 1) {
    const response = await gateway.post(ask('hello'), ofOne);
    const isWhole = response.text().then(
      (body) => body.includes('we deceive them'),
      () => false,
    );
    areWhole.push(await isWhole);
  }
  assert.deepEqual(areWhole, [true, false]);
  const metrics = await gateway.metrics();
  for (const decision of ['pass', 'block']) {
    const line = new RegExp(`telltale_policy\\w+\\{[^}]*on_unrecorded[^}]*"${decision}"[^}]*\\} 1\\n`);
    assert.match(metrics, line);
  }
});

for (const [policy, isWhole] of [
  [{}, false],
  [{ on_unrecorded: 'pass' }, true],
] as const) {
  const end = isWhole ? 'goes on' : 'is broken off';
  test(`an answer that cannot be handed over ${end} under ${JSON.stringify(policy)}`, async (context) => {
    const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
    const gateway = await startGateway(context, {
      upstream: upstream.url,
      config: {
        // Nobody is there: what is recorded waits on a disk that is soon full.
        scoring: { where: 'kafka', brokers: ['127.0.0.1:1'] },
        store: { max_bytes: 131_072 },
        policy,
      },
    });
    const isRefused = async () =>
      /telltale_unrecorded_exchanges_total\S* [1-9]/.test(await gateway.metrics());
    await until(async () => {
      const response = await gateway.post(ask(`${'word '.repeat(20_000)}${Math.random()}`));
      const isThere = await response.text().then(
        (body) => body.includes('fine'),
        () => false,
      );
      if (!(await isRefused())) return false;
      assert.equal(isThere, isWhole);
      return true;
    });
  });
}
