import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAnswering } from '../gateway/start-answering.ts';
import { rule, ruleFile } from '../gateway/start-gateway.ts';
import { ask } from '../gateway/test-upstream.ts';
import { until } from '../gateway/until.ts';

test('paths, models, tenants, callers and conversations that callers invent add no series to a running gateway', async (context) => {
  const { gateway } = await startAnswering(context, {
    rules: { 'a.yaml': ruleFile([rule()]) },
    config: { policy: { unknown_path: 'pass' } },
  });
  const invent = async (name: string): Promise<void> => {
    const headers = {
      'content-type': 'application/json',
      'x-telltale-tenant': name,
      'x-telltale-caller': name,
      'x-telltale-conversation-id': name,
      authorization: `Bearer ${name}`,
    };
    const body = JSON.stringify(ask('they deceive us', { model: name, user: name }));
    for (const path of ['/v1/chat/completions', `/v1/${name}`, `/${name}`]) {
      await (await fetch(gateway.url + path, { method: 'POST', headers, body })).text();
    }
  };
  const series = async (): Promise<string[]> =>
    (await gateway.metrics())
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.slice(0, line.lastIndexOf(' ')));
  await invent('first');
  // The relay's lanes are looked at a moment after the start.
  await until(async () => (await series()).some((line) => line.startsWith('telltale_outbox_pending_alerts')));
  const before = await series();
  for (let index = 0; index < 40; index += 1) await invent(`invented-${index}`);
  const added = (await series()).filter((line) => !before.includes(line));
  assert.deepEqual(added, []);
  assert.ok(
    before.some((line) => line.includes('unknown')),
    'unknown paths are counted',
  );
});
