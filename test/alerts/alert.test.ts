import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  alertsOf,
  detectionFindingSchema,
  excerptOf,
  redact,
  systemRecord,
  toEvent,
} from '../../alerts/index.ts';
import { exchange, finding } from './records.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 600 });

test('the id is the same for the same finding, and another for each part of it that differs', () => {
  const record = exchange({ exchangeId: 'e' });
  const idOf = (change: Parameters<typeof finding>[0], exchangeId = 'e') =>
    alertsOf({ ...record, exchangeId, findings: [finding(change)] })[0]?.id;
  const { segment } = finding();
  const ids = [
    idOf({}),
    idOf({}, 'other'),
    idOf({ ruleId: 'other' }),
    idOf({ ruleVersion: 2 }),
    idOf({ segment: { ...segment, id: 'other' } }),
    idOf({ span: { start: 29, end: 39 } }),
    idOf({ span: { start: 28, end: 38 } }),
  ];
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(idOf({}), idOf({ level: 'low', features: [], tags: [] }));
  assert.match(ids[0] ?? '', /^[0-9a-f]{64}$/);
});

test('only rules that flag or enforce alert', () => {
  const findings = (['off', 'shadow', 'flag', 'enforce'] as const).map((mode) =>
    finding({ mode, ruleId: mode }),
  );
  const modes = alertsOf(exchange({ findings })).map((alert) => alert.finding.mode);
  assert.deepEqual(modes, ['flag', 'enforce']);
});

test('an excerpt has at most 200 units, is whole characters, and has the span in it where it fits', () => {
  fc.assert(
    fc.property(text, fc.nat(), fc.nat({ max: 150 }), (before, at, length) => {
      const whole = `${before}😀${before}`;
      const start = at % whole.length;
      const span = { start, end: Math.min(whole.length, start + length) };
      const excerpt = excerptOf(whole, span);
      assert.ok(excerpt.length <= 200);
      assert.ok(excerpt.isWellFormed());
      assert.ok(whole.includes(excerpt.replace(/^…/, '').replace(/…$/, '')) || whole.includes(excerpt));
      assert.ok(excerpt.includes(whole.slice(span.start, span.end).toWellFormed().replaceAll('\uFFFD', '')));
    }),
  );
});

test('an excerpt is cut between words, so that nothing of it begins or ends with a part of one', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 14 }), { minLength: 60, maxLength: 90 }), fc.nat(), (lengths, at) => {
      const words = lengths.map((length, index) => `a${'b'.repeat(length)}${index}z`);
      const whole = words.join(' ');
      const hot = words[at % words.length] ?? '';
      const start = whole.indexOf(hot);
      const excerpt = excerptOf(whole, { start, end: start + hot.length });
      const told = excerpt.replaceAll('…', '').split(' ');
      assert.deepEqual(
        told.filter((word) => !words.includes(word)),
        [],
      );
      assert.ok(told.includes(hot));
    }),
  );
  const together = '忽'.repeat(300);
  assert.equal(excerptOf(together, { start: 150, end: 152 }).length, 200, 'words that are not set apart');
});

test('what a disguised text reads is let out as the excerpt is, and stands in the event', () => {
  const view = { changes: ['encoded'] as const, text: 'nobody must know', span: { start: 7, end: 11 } };
  const record = exchange({ findings: [finding({ view })] });
  const told = { none: '', redacted: 'n••••• m••• k•••', full: 'nobody must know' } as const;
  for (const content of ['none', 'redacted', 'full'] as const) {
    const [alert] = alertsOf(record, content);
    const event = toEvent(alert ?? assert.fail('a finding alerts'));
    assert.deepEqual(event.evidences[0].data.view, { changes: ['encoded'], text: told[content] });
    assert.deepEqual(detectionFindingSchema.parse(event), event);
    assert.ok(content === 'full' || !JSON.stringify(alert).includes('must'));
  }
});

test('an alert of a text without a disguise says nothing of one', () => {
  const [alert] = alertsOf(exchange());
  const event = toEvent(alert ?? assert.fail('a finding alerts'));
  assert.ok(!('view' in event.evidences[0].data));
});

test('a redacted text is as long, has no two letters beside each other and no digit', () => {
  fc.assert(
    fc.property(text, (original) => {
      const redacted = redact(original);
      assert.equal([...redacted].length, [...original].length);
      assert.doesNotMatch(redacted, /\p{L}[\p{L}\p{M}]|\p{N}/u);
      assert.equal(redacted.replace(/[•\p{L}]/gu, ''), original.replace(/[\p{L}\p{M}\p{N}•]/gu, ''));
    }),
  );
  assert.equal(redact('My PIN is 4711, naïve 数学 ok?'), 'M• P•• i• ••••, n•••• 数• o•?');
});

test('how much of the text leaves is as configured', () => {
  const record = exchange();
  const excerpts = (['none', 'redacted', 'full'] as const).map(
    (content) => alertsOf(record, content)[0]?.excerpt,
  );
  assert.deepEqual(excerpts, [
    '',
    'I m•••• t•• m•••• a•• I w••• t••• t••• t••• n•••••• h•••••••.',
    'I moved the money and I will tell them that nothing happened.',
  ]);
});

test('what Telltale says of itself is told whole, whatever may leave of the text of clients', () => {
  const said = 'rules/a.yaml:9:12: level must be high, it is "hihg"';
  const record = systemRecord({
    id: 'one',
    rule: { id: '0b7f2f5e-5d0c-4f0e-9a56-3a6a0c1d7e04', name: 'rules_refused', title: 'Refused' },
    level: 'high',
    tags: [],
    about: 'rules',
    text: said,
    at: '2026-11-27T09:00:00.000Z',
  });
  for (const content of ['none', 'redacted', 'full'] as const) {
    const [alert] = alertsOf(record, content);
    assert.equal(toEvent(alert ?? assert.fail('it alerts')).evidences[0].data.excerpt, said);
  }
});

const outcomes = [
  ['flag', 1, 19],
  ['redact', 1, 11],
  ['block', 2, 2],
] as const;

for (const [verdict, action, disposition] of outcomes) {
  test(`an exchange with the verdict ${verdict} becomes an OCSF finding with action ${action}`, () => {
    const [alert] = alertsOf(exchange({ verdict, findings: [finding({ level: 'critical' })] }));
    assert.ok(alert);
    const event = detectionFindingSchema.parse(JSON.parse(JSON.stringify(toEvent(alert))));
    assert.deepEqual([event.action_id, event.disposition_id, event.severity_id], [action, disposition, 5]);
    assert.deepEqual(
      event.finding_info.attacks.map((attack) => attack.technique.uid),
      ['AML.T0054'],
    );
    assert.deepEqual(event.finding_info.types, ['behaviour.deception']);
    assert.equal(event.type_uid, event.class_uid * 100 + event.activity_id);
    assert.equal(event.time, Date.UTC(2026, 10, 26, 12, 0, 1, 500));
  });
}
