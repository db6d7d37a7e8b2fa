import assert from 'node:assert/strict';
import { dialect } from '../../gateway/dialects/anthropic-messages/index.ts';
import type { TextReading } from '../../gateway/dialects/dialect.ts';
import { createSseParser } from '../../gateway/sse/parse-events.ts';

/** Segments as [id, target, role, text] and what was not read as [id, reason]. */
export function summary({ segments, unread }: TextReading) {
  const texts = new Map<string, [string, string, string, string]>();
  for (const { ref, text } of segments) {
    const before = texts.get(ref.id)?.[3] ?? '';
    texts.set(ref.id, [ref.id, ref.target, ref.role, before + text]);
  }
  return { texts: [...texts.values()], unread: unread.map(({ ref, reason }) => [ref.id, reason]) };
}

/** What the dialect reads of a request that it takes. */
export function readRequest(body: unknown) {
  const read = dialect.readRequest(body, '/');
  assert.ok(read.ok);
  return read.value;
}

/** What the dialect reads of an answer that it takes. */
export function readAnswer(body: unknown) {
  const read = dialect.readAnswer(body);
  assert.ok(read.ok);
  return read.value;
}

/** What the dialect reads of a stream whose bytes come cut. */
export function readStream(sse: string, cuts: readonly number[] = []) {
  const bytes = Buffer.from(sse);
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const parser = createSseParser(1e6);
  const reader = dialect.createStreamReader();
  const items = at.slice(1).flatMap((end, index) => parser.push(bytes.subarray(at[index], end)));
  const steps = [...items, ...parser.end()].map((item) => {
    assert.ok(item.kind === 'event');
    return reader.read(item.data);
  });
  const reading = {
    segments: [...steps.flatMap(({ segments }) => segments), ...reader.end().segments],
    unread: steps.flatMap(({ unread }) => unread),
  };
  return { reading, facts: reader.facts(), last: steps.map(({ isLast }) => isLast) };
}
