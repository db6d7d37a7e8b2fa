/** The pieces that one block of a streamed message comes in. */
export interface BlockPieces {
  /** The block as it is in the whole answer. */
  readonly whole: object;
  /** What content_block_start says of it. */
  readonly start: object;
  readonly deltas: readonly object[];
}

export const HEAD = { id: 'msg_1', type: 'message', role: 'assistant', model: 'test-model' };
export const END = { stop_reason: 'end_turn', stop_sequence: null };

export function textBlock(pieces: readonly string[], cited: readonly string[] = []): BlockPieces {
  const citations = cited.map((cited_text) => ({ type: 'char_location', cited_text, document_index: 0 }));
  return {
    whole: { type: 'text', text: pieces.join(''), ...(cited.length === 0 ? {} : { citations }) },
    start: { type: 'text', text: '' },
    deltas: [
      ...citations.map((citation) => ({ type: 'citations_delta', citation })),
      ...pieces.map((text) => ({ type: 'text_delta', text })),
    ],
  };
}

export function thinkingBlock(pieces: readonly string[]): BlockPieces {
  return {
    whole: { type: 'thinking', thinking: pieces.join(''), signature: 'c2ln' },
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...pieces.map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: 'c2ln' },
    ],
  };
}

/** @param json - the input as the upstream wrote it, in pieces */
export function callBlock(input: unknown, json: readonly string[]): BlockPieces {
  const call = { type: 'tool_use', id: 'toolu_1', name: 'find' };
  return {
    whole: { ...call, input },
    start: { ...call, input: {} },
    deltas: ['', ...json].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
  };
}

/** A whole message of these blocks. */
export function wholeMessage(blocks: readonly BlockPieces[]): object {
  const content = blocks.map(({ whole }) => whole);
  return { ...HEAD, content, ...END, usage: { input_tokens: 3, output_tokens: 5 } };
}

/** The events of the same message streamed. */
export function messageEvents(blocks: readonly BlockPieces[]): string[] {
  const usage = { input_tokens: 3, output_tokens: 1 };
  const message = { ...HEAD, content: [], stop_reason: null, stop_sequence: null, usage };
  return [
    event({ type: 'message_start', message }),
    event({ type: 'ping' }),
    ...blocks.flatMap(({ start, deltas }, index) => [
      event({ type: 'content_block_start', index, content_block: start }),
      ...deltas.map((delta) => event({ type: 'content_block_delta', index, delta })),
      event({ type: 'content_block_stop', index }),
    ]),
    event({ type: 'message_delta', delta: END, usage: { output_tokens: 5 } }),
    event({ type: 'message_stop' }),
  ];
}

export function event(body: { readonly type: string } & Record<string, unknown>): string {
  return `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
}
