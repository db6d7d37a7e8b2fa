import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { asyncApi, eventFiles, eventSchema } from '../../alerts/event-documents.ts';
import { alertsOf, structuredEvent, toEvent } from '../../alerts/index.ts';
import { exchange } from './records.ts';

const ROOT = join(import.meta.dirname, '../..');

for (const [path, content] of eventFiles()) {
  test(`${path} is what the schema says; npm run docs writes it`, () => {
    assert.ok(readFileSync(join(ROOT, path), 'utf8') === content, `${path} differs: run npm run docs`);
  });
}

/** Everything a reference in the document points at, by what it says. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : references(inner),
  );
}

test('every reference in the AsyncAPI document leads somewhere', () => {
  const document = asyncApi();
  const found = references(document);
  assert.ok(found.length >= 9);
  for (const reference of found) {
    if (reference.startsWith('./')) {
      assert.ok(eventFiles().has(`docs/events/${reference.slice(2)}`), reference);
      continue;
    }
    const target = reference
      .slice(2)
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
    assert.notEqual(target, undefined, reference);
  }
});

/** What a validator that knows nothing but the published document says. */
function problemsOf(schema: object, value: unknown): unknown[] {
  return z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema).safeParse(value).error?.issues ?? [];
}

test('events are what the published documents say, and what they do not say is refused', () => {
  const [alert] = alertsOf(exchange());
  assert.ok(alert);
  const event = JSON.parse(JSON.stringify(toEvent(alert)));
  assert.deepEqual(problemsOf(eventSchema(), event), []);
  assert.notDeepEqual(problemsOf(eventSchema(), { ...event, severity_id: 9 }), []);
  assert.notDeepEqual(problemsOf(eventSchema(), { ...event, made_up: true }), []);
  const { title: _, ...without } = event.finding_info;
  assert.notDeepEqual(problemsOf(eventSchema(), { ...event, finding_info: without }), []);
  const { messages } = asyncApi()['components'] as {
    messages: Record<string, { payload: { required: string[] } }>;
  };
  const structured = Object.keys(structuredEvent(alert));
  assert.deepEqual(structured.toSorted(), messages['structuredAlert']?.payload.required.toSorted());
});
