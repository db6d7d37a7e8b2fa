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

test('an alert of a call says which tool, one of other text says none', () => {
  const { segment } = finding();
  const tools = [{ ...segment, tool: 'shell_exec' }, { ...segment, tool: null }, segment].map((place) => {
    const [alert] = alertsOf(exchange({ findings: [finding({ segment: place })] }));
    return detectionFindingSchema.parse(toEvent(alert as NonNullable<typeof alert>)).evidences[0].data.tool;
  });
  assert.deepEqual(tools, ['shell_exec', undefined, undefined]);
});

test('an alert says the language of its text where that was told', () => {
  const { segment } = finding();
  const languages = [{ ...segment, language: 'de' }, { ...segment, language: null }, segment].map((place) => {
    const [alert] = alertsOf(exchange({ findings: [finding({ segment: place })] }));
    const event = detectionFindingSchema.parse(toEvent(alert as NonNullable<typeof alert>));
    return event.evidences[0].data.language;
  });
  assert.deepEqual(languages, ['de', undefined, undefined]);
});

test('an alert of a finding over a whole exchange says what each of its segments adds', () => {
  const whole = finding();
  const { segment } = whole;
  const of = (id: string, value: number) => ({
    segment: { ...segment, id, pointer: `/${id}` },
    value,
    firstToken: 1,
    lastToken: 2,
    span: { start: 3, end: 9 },
  });
  const conditions = whole.conditions.map((condition) => ({ ...condition, per: 'exchange' }) as const);
  const match = { count: 7, segments: [of('first', 2), of('second', 3.5)] };
  const [alert] = alertsOf(exchange({ findings: [finding({ conditions, exchange: match })] }));
  const event = detectionFindingSchema.parse(toEvent(alert as NonNullable<typeof alert>));
  const { data } = event.evidences[0];
  assert.deepEqual(data.conditions[0]?.per, 'exchange');
  assert.equal(data.exchange?.count, 7);
  assert.deepEqual(
    data.exchange?.segments.map(({ segment_id, pointer, value }) => [segment_id, pointer, value]),
    [
      ['first', '/first', 2],
      ['second', '/second', 3.5],
    ],
  );
  const { target, role, choice } = segment;
  const place = { target, role, choice, first_token: 1, last_token: 2, span: { start: 3, end: 9 } };
  assert.deepEqual(data.exchange?.segments[0], {
    ...place,
    segment_id: 'first',
    pointer: '/first',
    value: 2,
  });
});
