import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { alertsOf, toEvent, type Verdict } from '../../alerts/index.ts';
import type { Level } from '../../rules/index.ts';
import { exchange, finding } from './records.ts';

interface Attribute {
  readonly type: string;
  readonly requirement: 'required' | 'recommended' | 'optional';
  readonly isArray?: boolean;
  readonly object?: string;
  readonly enum?: readonly string[];
  /** It belongs to the class only under one of these. */
  readonly profiles?: readonly string[];
}

type Attributes = Readonly<Record<string, Attribute>>;

const file = new URL('./ocsf/detection-finding-1.8.0.json', import.meta.url);
const published: { version: string; class: Attributes; objects: Record<string, Attributes> } = JSON.parse(
  readFileSync(file, 'utf8'),
);

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  integer_t: Number.isInteger,
  long_t: Number.isInteger,
  timestamp_t: (value) => Number.isInteger(value) && (value as number) > 1e12,
  boolean_t: (value) => typeof value === 'boolean',
  string_t: (value) => typeof value === 'string',
  url_t: (value) => typeof value === 'string' && URL.canParse(value, 'http://127.0.0.1'),
  json_t: () => true,
  object_t: (value) => typeof value === 'object' && value !== null,
};

/** Where an object is not what the published class says. */
function problemsOf(
  value: Record<string, unknown>,
  attributes: Attributes,
  profiles: readonly string[],
  at = '',
): string[] {
  const applies = ({ profiles: only }: Attribute) =>
    only === undefined || only.some((one) => profiles.includes(one));
  const missing = Object.entries(attributes)
    .filter(([name, one]) => one.requirement === 'required' && applies(one) && value[name] === undefined)
    .map(([name]) => `${at}/${name} is missing`);
  const wrong = Object.entries(value).flatMap(([name, inner]) => {
    const attribute = attributes[name];
    const path = `${at}/${name}`;
    if (inner === undefined) return [];
    if (attribute === undefined || !applies(attribute)) return [`${path} is not in the class`];
    if ((attribute.isArray ?? false) !== Array.isArray(inner)) return [`${path} is or is not a list`];
    const values: unknown[] = Array.isArray(inner) ? inner : [inner];
    return values.flatMap((one) => {
      if (!(TYPES[attribute.type] ?? (() => false))(one)) return [`${path} is no ${attribute.type}`];
      if (attribute.enum && !attribute.enum.includes(String(one)))
        return [`${path}: ${one} is not in the enum`];
      const nested = attribute.object === undefined ? undefined : published.objects[attribute.object];
      return nested === undefined ? [] : problemsOf(one as Record<string, unknown>, nested, profiles, path);
    });
  });
  return [...missing, ...wrong];
}

const eventOf = (verdict: Verdict, level: Level) => {
  const [alert] = alertsOf(exchange({ verdict, findings: [finding({ level })] }));
  assert.ok(alert);
  return toEvent({ ...alert, heldBack: 2 }) as unknown as Record<string, unknown>;
};

const check = (event: Record<string, unknown>) => problemsOf(event, published.class, ['security_control']);

test('events are of the published OCSF class, whatever the verdict and the level', () => {
  assert.equal(published.version, '1.8.0');
  for (const verdict of ['pass', 'flag', 'redact', 'block'] as const) {
    for (const level of ['informational', 'low', 'medium', 'high', 'critical'] as const) {
      assert.deepEqual(check(eventOf(verdict, level)), []);
    }
  }
});

test('what the published class does not say is found', () => {
  const event = eventOf('flag', 'high');
  assert.deepEqual(check({ ...event, made_up: 1 }), ['/made_up is not in the class']);
  assert.deepEqual(check({ ...event, severity_id: 42 }), ['/severity_id: 42 is not in the enum']);
  assert.deepEqual(check({ ...event, time: undefined }), ['/time is missing']);
  assert.deepEqual(check({ ...event, evidences: {} }), ['/evidences is or is not a list']);
});
