import assert from 'node:assert/strict';
import type { Dialect, TextReading } from '../../gateway/dialects/dialect.ts';
import { createArraySplitter } from '../../gateway/reading/split-array.ts';
import { createSseParser } from '../../gateway/sse/parse-events.ts';

/** A segment as a test compares it. */
export type Told = [id: string, target: string, role: string, text: string];

/** Segments as [id, target, role, text] and what was not read as [id, reason]. */
export function summary({ segments, unread }: TextReading) {
  const texts = new Map<string, Told>();
  for (const { ref, text } of segments) {
    const before = texts.get(ref.id)?.[3] ?? '';
    texts.set(ref.id, [ref.id, ref.target, ref.role, before + text]);
  }
  return { texts: [...texts.values()], unread: unread.map(({ ref, reason }) => [ref.id, reason]) };
}

/** The same in an order that does not depend on the way it was read, and the tools that segments begin with. */
export function sorted(reading: TextReading) {
  const { texts, unread } = summary(reading);
  return { texts: texts.sort(([a], [b]) => (a < b ? -1 : 1)), unread, tools: toolsOf(reading) };
}

/** The tool of each segment that has one, by the segment's id. */
export function toolsOf({ segments, unread }: TextReading): Record<string, string> {
  const refs = [...segments, ...unread].map(({ ref }) => ref);
  const first = new Map(refs.toReversed().map(({ id, tool }) => [id, tool]));
  const named = [...first].flatMap(([id, tool]) => (tool ? [[id, tool] as const] : []));
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The same by the segment's pointer, for requests and answers alike. */
export function toolsByPointer(reading: TextReading): Record<string, string> {
  const entries = Object.entries(toolsOf(reading)).map(([id, tool]) => [id.replace(/^\w+/, ''), tool]);
  return Object.fromEntries(entries);
}

/** What a dialect reads of bodies that it takes. */
export function createReadings(dialect: Dialect) {
  return {
    readRequest(body: unknown, target = '/') {
      const read = dialect.readRequest(body, target);
      assert.ok(read.ok);
      return read.value;
    },
    readAnswer(body: unknown) {
      const read = dialect.readAnswer(body);
      assert.ok(read.ok);
      return read.value;
    },
    readStream: (sse: string, cuts: readonly number[] = []) =>
      readPieces(dialect, { parser: createSseParser(1e6), pieces: cutAt(Buffer.from(sse), cuts) }),
    readArray: (array: string, cuts: readonly number[] = []) =>
      readPieces(dialect, { parser: createArraySplitter(1e6), pieces: cutAt(Buffer.from(array), cuts) }),
  };
}

/** Bytes in pieces; a place after the end stands for one within. */
export function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

interface Pieces {
  readonly parser: ReturnType<typeof createSseParser> | ReturnType<typeof createArraySplitter>;
  readonly pieces: readonly Buffer[];
}

function readPieces(dialect: Dialect, { parser, pieces }: Pieces) {
  const reader = dialect.createStreamReader();
  const items = [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
  const steps = items.flatMap((item) => {
    assert.ok(item.kind !== 'unread');
    return item.kind === 'event' ? [reader.read(item.data)] : [];
  });
  const reading = {
    segments: [...steps.flatMap(({ segments }) => segments), ...reader.end().segments],
    unread: steps.flatMap(({ unread }) => unread),
  };
  return { reading, facts: reader.facts(), last: steps.map(({ isLast }) => isLast) };
}
