import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../gateway/config/load-config.ts';
import { onUnrecorded } from '../../gateway/policy/on-unrecorded.ts';
import { finding } from '../alerts/records.ts';

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
