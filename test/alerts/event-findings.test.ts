import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectionFindingSchema } from '../../alerts/event.ts';
import { alertsOf, isAlerting } from '../../alerts/index.ts';
import { toEvent } from '../../alerts/to-event.ts';
import { exchange, finding } from './records.ts';

const group = { conversation: 'c' };

test('a finding that is held back is recorded and no alert; the alert after it says how many there were', () => {
  const held = finding({ alert: { isHeldBack: true, heldBack: 1, group } });
  const next = finding({ alert: { isHeldBack: false, heldBack: 4, group }, ruleVersion: 2 });
  assert.deepEqual([isAlerting(held), isAlerting(next)], [false, true]);
  const alerts = alertsOf(exchange({ findings: [held, next] }));
  assert.deepEqual(
    alerts.map(({ finding: { ruleVersion } }) => ruleVersion),
    [2],
  );
  const event = detectionFindingSchema.parse(toEvent(alerts[0] as (typeof alerts)[0]));
  assert.equal(event.unmapped.held_back, 4);
});

test('an alert of a correlation says what came together', () => {
  const correlation = {
    type: 'temporal',
    group: { conversation: 'c', tenant: null },
    timespanMs: 60_000,
    count: 2,
    events: [{ ruleId: 'r', exchangeId: 'e', at: 1 }],
  } as const;
  const [alert] = alertsOf(exchange({ findings: [finding({ conditions: [], features: [], correlation })] }));
  const event = detectionFindingSchema.parse(toEvent(alert as NonNullable<typeof alert>));
  assert.deepEqual(event.unmapped.correlation, {
    type: 'temporal',
    group: { conversation: 'c', tenant: null },
    timespan_ms: 60_000,
    count: 2,
    events: [{ rule_id: 'r', exchange_id: 'e', time: 1 }],
  });
});
