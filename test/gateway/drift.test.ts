import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, completion, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';

/** Whole lines of a file that may not be there yet. */
function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}

test('live traffic that breaks a promised rate is measured, shown and an alert in the sinks', async (context) => {
  let answers = 0;
  const upstream = await startUpstream(context, (response) => {
    answers += 1;
    answerJson(response, completion(`we deceive them ${answers}`));
  });
  const promising = rule({ mode: 'shadow', target: 'output' }).replace('above: 5', 'rarer_than: 1/2');
  assert.match(promising, /rarer_than/);
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile([promising]) },
    config: { drift: { factor: 1.5, check_ms: 20 } },
  });
  const labels = '{rule="deceives",condition="met"}';
  assert.match(await gateway.metrics(), new RegExp(`telltale_rule_promised_rate_ratio${labels} 0.5`));
  for (let i = 0; i < 30; i++) await (await gateway.post(ask('hello'))).text();
  const raised = () =>
    linesOf(join(gateway.folder, 'data', 'alerts.jsonl')).filter((line) =>
      line.includes('threshold_drift_above'),
    );
  await until(() => raised().length > 0);
  assert.match(
    raised()[0] ?? '',
    /"name":"deceives\/met","signal":"concept\/deception".*"rate":0\.5,"rate_interval":\[/,
  );
  await until(async () => (await gateway.metrics()).includes(`telltale_rule_live_segments${labels} 30`));
  const metrics = await gateway.metrics();
  assert.match(metrics, new RegExp(`telltale_rule_live_rate_ratio${labels} 1\\n`));
  assert.match(metrics, /telltale_rule_live_rate_interval_ratio\{[^}]*bound="lower"\} 0\.88/);
  assert.match(metrics, /telltale_rule_drift\{[^}]*direction="above"\} 1/);
  assert.match(metrics, /telltale_drift_alerts_total\{direction="above",outcome="raised"\} 1/);
  assert.equal(raised().length, 1);
  const [flagged] = await gateway.ledger.listFlagged();
  assert.equal(flagged?.level, 'medium', 'a person finds it in the review');
});

test('what a segment without its disguise reads is no part of the live rate', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const promising = rule({ mode: 'shadow', target: 'input' }).replace('above: 5', 'rarer_than: 1/2');
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile([promising]) },
  });
  const response = await gateway.post(ask('we dec\u200beive them'));
  await response.text();
  await until(async () => /telltale_rule_live_segments\{[^}]*\} 1/.test(await gateway.metrics()));
  const metrics = await gateway.metrics();
  assert.match(metrics, /telltale_findings_total\{rule="deceives",[^}]*\} 1/);
  assert.match(metrics, /telltale_rule_live_rate_ratio\{[^}]*\} 0\n/);
});
