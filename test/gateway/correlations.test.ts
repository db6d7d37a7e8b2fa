import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { correlationsText } from '../rules/correlation-text.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, completion, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';

const TWICE = correlationsText({
  name: 'twice',
  level: 'critical',
  rules: '[deceives]',
  timespan: '1h',
  condition: '{gte: 2}',
});

test('findings in shadow come together to an alert, live: recorded, flagged, delivered and shown', async (context) => {
  const upstream = await startUpstream(context, (response) =>
    answerJson(response, completion('we deceive them')),
  );
  const shadow = ruleFile([rule({ mode: 'shadow', target: 'output' })]);
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': shadow, 'b.yaml': TWICE },
  });
  const say = async (conversation: string) => {
    const headers = { 'content-type': 'application/json', 'x-telltale-conversation-id': conversation };
    const response = await gateway.post(ask('hello'), { headers });
    await response.text();
    const { verdict, findings, segments } = await gateway.recordOf(response);
    return [verdict, findings.map(({ finding }) => finding.ruleName), segments.length > 0];
  };
  assert.deepEqual(await say('one'), ['pass', [], false]);
  assert.deepEqual(await say('two'), ['pass', [], false]);
  assert.deepEqual(await say('one'), ['flag', ['twice'], true]);
  const flagged = await gateway.ledger.listFlagged();
  assert.deepEqual(
    flagged.map(({ level }) => level),
    ['critical'],
  );
  const file = join(gateway.folder, 'data', 'alerts.jsonl');
  const delivered = () => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  await until(() => delivered().endsWith('\n'));
  assert.match(delivered(), /"correlation":\{"type":"event_count","group":\{"conversation":"[^"]+"\}/);
});

test('alerts that a rule holds back are recorded and counted', async (context) => {
  const upstream = await startUpstream(context, (response) =>
    answerJson(response, completion('we deceive them')),
  );
  const grouped = `${rule({ target: 'output' })}    alert: {threshold: limit, window: 1h}\n`;
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile([grouped]) },
  });
  const shown: number[] = [];
  for (let i = 0; i < 3; i++) {
    const response = await gateway.post(ask('hello'));
    await response.text();
    const { verdict, findings } = await gateway.recordOf(response);
    assert.equal(verdict, 'flag');
    shown.push(findings.length);
  }
  assert.deepEqual(shown, [1, 0, 0]);
  const metrics = await gateway.metrics();
  assert.match(metrics, /telltale_alerts_held_back_total\{rule="deceives"\} 2/);
  assert.match(metrics, /telltale_findings_total\{rule="deceives",[^}]*\} 3/);
  const database = new DatabaseSync(join(gateway.folder, 'data', 'telltale.db'), { readOnly: true });
  const rows = database.prepare('SELECT is_alerting FROM findings ORDER BY seq').all();
  database.close();
  assert.deepEqual(
    rows.map((row) => row['is_alerting']),
    [1, 0, 0],
  );
});

const UNANSWERED = correlationsText({
  name: 'unanswered',
  level: 'critical',
  rules: '[asks]',
  unless_then: '{rules: [refuses], within: 1s}',
  timespan: '1h',
  condition: '{gte: 1}',
});

test('what did not follow is an alert though no request comes any more: recorded, delivered and counted', async (context) => {
  const upstream = await startUpstream(context, (response, { body }) =>
    answerJson(response, completion(body.includes('hurry') ? 'jailbreak' : 'certainly')),
  );
  const asks = rule({ name: 'asks', mode: 'shadow', target: 'input', concept: 'deception' });
  const refuses = rule({ name: 'refuses', mode: 'shadow', target: 'output', concept: 'jailbreak' });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile([asks, refuses]), 'b.yaml': UNANSWERED },
  });
  const say = async (conversation: string, words: string) => {
    const headers = { 'content-type': 'application/json', 'x-telltale-conversation-id': conversation };
    const response = await gateway.post(ask(words), { headers });
    await response.text();
    const { verdict, conversationId } = await gateway.recordOf(response);
    assert.equal(verdict, 'pass');
    return conversationId;
  };
  await say('one', 'deceive them, hurry');
  const open = await say('two', 'deceive them');
  const flagged = async () => await gateway.ledger.listFlagged();
  await until(async () => (await flagged()).length > 0);
  const [late, ...others] = await flagged();
  assert.deepEqual([late?.level, late?.conversationId, others], ['critical', open, []]);
  assert.equal(late?.findings[0]?.finding.correlation?.events.length, 1);
  await until(async () =>
    /telltale_findings_total\{rule="unanswered",[^}]*\} 1/.test(await gateway.metrics()),
  );
  const file = join(gateway.folder, 'data', 'alerts.jsonl');
  await until(() => existsSync(file) && readFileSync(file, 'utf8').includes('unanswered'));
  const record = await gateway.ledger.readExchange(late?.exchangeId ?? '');
  const began = late?.findings[0]?.finding.correlation?.events[0]?.exchangeId;
  assert.ok(
    began && record?.segments[0]?.text.includes(`in exchange ${began}`),
    'a person reads where it began',
  );
});
