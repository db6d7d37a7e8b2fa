/** One part of an answer, with the parts that it comes in when it is streamed. */
export interface PartPieces {
  readonly whole: object;
  readonly pieces: readonly object[];
}

const HEAD = { modelVersion: 'test-model', responseId: 'r1' };
const USAGE = { promptTokenCount: 3, candidatesTokenCount: 4, thoughtsTokenCount: 1, totalTokenCount: 8 };

/** A text in pieces; an upstream never gives an empty text whole. */
export function textPart(pieces: readonly string[]): PartPieces {
  return { whole: { text: pieces.join('') }, pieces: pieces.map((text) => ({ text })) };
}

export function thoughtPart(pieces: readonly string[]): PartPieces {
  const whole = { text: pieces.join(''), thought: true };
  return { whole, pieces: pieces.map((text) => ({ text, thought: true })) };
}

export function callPart(args: object): PartPieces {
  return onePart({ functionCall: { name: 'find', args }, thoughtSignature: 'c2ln' });
}

export function onePart(whole: object): PartPieces {
  return { whole, pieces: [whole] };
}

/** A whole answer with these parts, a list a candidate. */
export function wholeAnswer(candidates: readonly (readonly PartPieces[])[], reason = 'STOP'): object {
  return {
    candidates: candidates.map((parts, index) => ({
      content: { role: 'model', parts: parts.map(({ whole }) => whole) },
      finishReason: reason,
      index,
    })),
    usageMetadata: USAGE,
    ...HEAD,
  };
}

/** The chunks of the same answer streamed: a part each, then the end of each candidate with an empty text. */
export function chunksOf(candidates: readonly (readonly PartPieces[])[], reason = 'STOP'): object[] {
  const chunk = (index: number, part: object, more: object = {}) => ({
    candidates: [{ content: { role: 'model', parts: [part] }, index, ...more }],
    usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 },
    ...HEAD,
  });
  const said = candidates.flatMap((parts, index) =>
    parts.flatMap(({ pieces }) => pieces.map((piece) => chunk(index, piece))),
  );
  const ends = candidates.map((_, index) => ({
    ...chunk(index, { text: '', thoughtSignature: 'c2ln' }, { finishReason: reason }),
    usageMetadata: USAGE,
  }));
  return [...said, ...ends];
}

export function eventsOf(chunks: readonly object[]): string {
  return chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('');
}

/** As the API writes it without `alt=sse`. */
export function arrayOf(chunks: readonly object[]): string {
  return `[${chunks.map((chunk) => JSON.stringify(chunk, null, 1)).join('\n,\r\n')}\n]`;
}
