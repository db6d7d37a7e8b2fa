import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { metricsReference } from '../../docs/metrics.ts';
import { METRIC_NAMES } from '../../gateway/telemetry/index.ts';

test('docs/metrics.md says of every metric what the gateway says; npm run docs writes it', async () => {
  const reference = await metricsReference();
  for (const name of Object.values(METRIC_NAMES)) {
    assert.match(reference, new RegExp(`^\\| \`${name}\` \\| \\w+ \\| .* \\| \\S.* \\|$`, 'm'));
  }
  const written = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8');
  assert.ok(written === reference, 'docs/metrics.md differs: run npm run docs');
});
