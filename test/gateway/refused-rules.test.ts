import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, completion, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';

test('changed rules that are broken raise an alert with file, line and column, and the old rules stay', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile([rule()]) },
  });
  writeFileSync(
    join(gateway.rulesFolder, 'a.yaml'),
    ruleFile([rule()]).replace('level: high', 'level: hihg'),
  );
  const delivered = () => {
    try {
      return readFileSync(join(gateway.folder, 'data', 'alerts.jsonl'), 'utf8');
    } catch {
      return '';
    }
  };
  await until(() => delivered().endsWith('\n'));
  assert.match(delivered(), /"rules_refused"/);
  assert.match(delivered(), /a\.yaml:9:12: .*hihg/);
  const [item] = await gateway.ledger.listFlagged();
  assert.equal(item?.level, 'high');
  const record = await gateway.ledger.readExchange(item.exchangeId);
  assert.match(record?.segments[0]?.text ?? '', /a\.yaml:9:12: .*hihg/s);
  assert.match(await gateway.metrics(), /telltale_rules_reload_failed 1/);
  assert.match(await gateway.metrics(), /telltale_rules_active 1/);
});
