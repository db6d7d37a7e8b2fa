/** One item of a streamed response. */
export interface ItemPieces {
  /** The item as it is in the whole answer. */
  readonly whole: object;
  /** What response.output_item.added says of it. */
  readonly start: object;
  /** The events between, without the numbers that all of them have. */
  readonly events: readonly StreamedEvent[];
}

type StreamedEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

export const HEAD = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  error: null,
  incomplete_details: null,
  instructions: 'an echo of what was asked',
  max_output_tokens: null,
  model: 'test-model',
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [{ type: 'function', name: 'find', description: 'an echo too', parameters: {}, strict: true }],
  top_p: 1,
  truncation: 'disabled',
  metadata: {},
};
const USAGE = {
  input_tokens: 3,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 8,
};

/** A message of parts, each in pieces. */
export function messageItem(id: string, parts: readonly (readonly string[])[], cited = ''): ItemPieces {
  const message = { id, type: 'message', role: 'assistant' };
  const citation = {
    type: 'url_citation',
    start_index: 0,
    end_index: 1,
    url: 'https://example.org',
    title: cited,
  };
  const annotations = cited === '' ? [] : [citation];
  const whole = (pieces: readonly string[]) => ({
    type: 'output_text',
    text: pieces.join(''),
    annotations,
    logprobs: [],
  });
  return {
    whole: { ...message, status: 'completed', content: parts.map(whole) },
    start: { ...message, status: 'in_progress', content: [] },
    events: parts.flatMap((pieces, content_index) => {
      const at = { item_id: id, content_index };
      return [
        {
          type: 'response.content_part.added',
          ...at,
          part: { type: 'output_text', text: '', annotations: [] },
        },
        ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
        ...annotations.map((annotation, annotation_index) => ({
          type: 'response.output_text.annotation.added',
          ...at,
          annotation,
          annotation_index,
        })),
        { type: 'response.output_text.done', ...at, text: pieces.join(''), logprobs: [] },
        { type: 'response.content_part.done', ...at, part: whole(pieces) },
      ];
    }),
  };
}

export function refusalItem(id: string, pieces: readonly string[]): ItemPieces {
  const message = { id, type: 'message', role: 'assistant' };
  const part = { type: 'refusal', refusal: pieces.join('') };
  const at = { item_id: id, content_index: 0 };
  return {
    whole: { ...message, status: 'completed', content: [part] },
    start: { ...message, status: 'in_progress', content: [] },
    events: [
      { type: 'response.content_part.added', ...at, part: { type: 'refusal', refusal: '' } },
      ...pieces.map((delta) => ({ type: 'response.refusal.delta', ...at, delta })),
      { type: 'response.refusal.done', ...at, refusal: part.refusal },
      { type: 'response.content_part.done', ...at, part },
    ],
  };
}

export function reasoningItem(id: string, summaries: readonly (readonly string[])[]): ItemPieces {
  const reasoning = { id, type: 'reasoning' };
  const summary = summaries.map((pieces) => ({ type: 'summary_text', text: pieces.join('') }));
  return {
    whole: { ...reasoning, summary, encrypted_content: 'c2VhbGVk' },
    start: { ...reasoning, summary: [] },
    events: summaries.flatMap((pieces, summary_index) => {
      const at = { item_id: id, summary_index };
      return [
        { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } },
        ...pieces.map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...at, delta })),
        { type: 'response.reasoning_summary_text.done', ...at, text: pieces.join('') },
        { type: 'response.reasoning_summary_part.done', ...at, part: summary[summary_index] },
      ];
    }),
  };
}

/** @param json - the arguments as the model wrote them, in pieces */
export function callItem(id: string, json: readonly string[], name = 'find'): ItemPieces {
  const call = { id, type: 'function_call', call_id: `call_${id}`, name };
  const given = json.join('');
  return {
    whole: { ...call, arguments: given, status: 'completed' },
    start: { ...call, arguments: '', status: 'in_progress' },
    events: [
      ...json.map((delta) => ({ type: 'response.function_call_arguments.delta', item_id: id, delta })),
      { type: 'response.function_call_arguments.done', item_id: id, name, arguments: given },
    ],
  };
}

export function customCallItem(id: string, pieces: readonly string[]): ItemPieces {
  const call = { id, type: 'custom_tool_call', call_id: `call_${id}`, name: 'write' };
  return {
    whole: { ...call, input: pieces.join(''), status: 'completed' },
    start: { ...call, input: '', status: 'in_progress' },
    events: [
      ...pieces.map((delta) => ({ type: 'response.custom_tool_call_input.delta', item_id: id, delta })),
      { type: 'response.custom_tool_call_input.done', item_id: id, input: pieces.join('') },
    ],
  };
}

export function codeItem(id: string, pieces: readonly string[], logs: string): ItemPieces {
  const call = { id, type: 'code_interpreter_call', container_id: 'cntr_1' };
  return {
    whole: {
      ...call,
      status: 'completed',
      code: pieces.join(''),
      outputs: [
        { type: 'logs', logs },
        { type: 'image', url: 'data:image/png;base64,AAAA' },
      ],
    },
    start: { ...call, status: 'in_progress', code: '', outputs: [] },
    events: [
      { type: 'response.code_interpreter_call.in_progress', item_id: id },
      ...pieces.map((delta) => ({ type: 'response.code_interpreter_call_code.delta', item_id: id, delta })),
      { type: 'response.code_interpreter_call_code.done', item_id: id, code: pieces.join('') },
      { type: 'response.code_interpreter_call.completed', item_id: id },
    ],
  };
}

/** An item that comes whole. */
export function wholeItem(whole: object): ItemPieces {
  return { whole, start: { ...whole, status: 'in_progress' }, events: [] };
}

/** A whole response of these items. */
export function wholeResponse(items: readonly ItemPieces[]): object {
  return { ...HEAD, status: 'completed', output: items.map(({ whole }) => whole), usage: USAGE };
}

/** The events of the same response streamed, as their bodies. */
export function eventBodies(items: readonly ItemPieces[]): StreamedEvent[] {
  const begun = { ...HEAD, status: 'in_progress', output: [], usage: null };
  const bodies: StreamedEvent[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...items.flatMap(({ whole, start, events }, output_index) => [
      { type: 'response.output_item.added', output_index, item: start },
      ...events.map((event) => ({ ...event, output_index })),
      { type: 'response.output_item.done', output_index, item: whole },
    ]),
    { type: 'response.completed', response: wholeResponse(items) },
  ];
  return bodies.map((body, sequence_number) => ({ ...body, sequence_number }));
}

export function responseEvents(items: readonly ItemPieces[]): string[] {
  return eventBodies(items).map(event);
}

export function event(body: StreamedEvent): string {
  return `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
}
