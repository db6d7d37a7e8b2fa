/** Answers, and events of streamed ones, with a bit of everything that an API knows. */

export const chatAnswer = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: 'hi',
        refusal: null,
        annotations: [
          { type: 'url_citation', url_citation: { url: 'u', title: 't', start_index: 0, end_index: 1 } },
        ],
        audio: { id: 'a', data: 'AAAA', expires_at: 1, transcript: 't' },
        tool_calls: [
          { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } },
          { id: 'd', type: 'custom', custom: { name: 'w', input: 'i' } },
        ],
        function_call: { name: 'f', arguments: '{}' },
        reasoning_content: 'r',
      },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  service_tier: 'default',
  system_fingerprint: 'f',
};

export const chatChunk = {
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [
    {
      index: 0,
      delta: {
        role: 'assistant',
        content: 'hi',
        refusal: null,
        tool_calls: [
          { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } },
          { index: 1, id: 'd', type: 'custom', custom: { name: 'w', input: 'i' } },
        ],
        function_call: { name: 'f', arguments: '{}' },
        audio: { id: 'a', data: 'AAAA', transcript: 't' },
      },
      logprobs: null,
      finish_reason: null,
    },
  ],
  usage: null,
  obfuscation: 'x',
};

export const message = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [
    {
      type: 'text',
      text: 't',
      citations: [
        {
          type: 'char_location',
          cited_text: 'c',
          document_index: 0,
          document_title: 'd',
          start_char_index: 0,
          end_char_index: 1,
        },
      ],
    },
    { type: 'thinking', thinking: 't', signature: 's' },
    { type: 'redacted_thinking', data: 'AAAA' },
    { type: 'tool_use', id: 't', name: 'f', input: { q: 1 } },
  ],
  stop_reason: 'end_turn',
  stop_sequence: null,
  container: { id: 'c', expires_at: '2026' },
  context_management: { applied_edits: [{ type: 'clear' }] },
  usage: { input_tokens: 1, output_tokens: 1 },
};

export const messageEvents = [
  { type: 'message_start', message: { ...message, content: [] } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 't' } },
  { type: 'content_block_stop', index: 0 },
  {
    type: 'content_block_start',
    index: 1,
    content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
  },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"a":1}' } },
  { type: 'content_block_stop', index: 1 },
  {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 5 },
  },
  { type: 'ping' },
  { type: 'error', error: { type: 'overloaded_error', message: 'x' } },
  { type: 'message_stop' },
];

export const geminiAnswer = {
  candidates: [
    {
      index: 0,
      content: {
        role: 'model',
        parts: [
          { text: 't' },
          { text: 't', thought: true },
          { functionCall: { name: 'f', args: { q: 1 } } },
          { functionCall: { name: 'g', partialArgs: [{ jsonPath: '$.q', stringValue: 'x' }] } },
          { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
        ],
      },
      finishReason: 'STOP',
      finishMessage: 'm',
      safetyRatings: [{ category: 'c', probability: 'LOW' }],
      citationMetadata: { citationSources: [{ startIndex: 0, endIndex: 1, uri: 'u', license: 'l' }] },
      groundingMetadata: {
        webSearchQueries: ['q'],
        searchEntryPoint: { renderedContent: 'r' },
        groundingChunks: [{ web: { uri: 'u', title: 't' } }],
        groundingSupports: [{ segment: { text: 't' } }],
      },
      avgLogprobs: -1,
    },
  ],
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
  modelVersion: 'm',
  responseId: 'r',
  promptFeedback: { safetyRatings: [] },
};

export const response = {
  id: 'r',
  object: 'response',
  created_at: 1,
  status: 'completed',
  error: null,
  incomplete_details: null,
  instructions: 'i',
  model: 'm',
  output: [
    { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 's' }] },
    {
      type: 'message',
      id: 'm',
      role: 'assistant',
      status: 'completed',
      content: [
        {
          type: 'output_text',
          text: 'o',
          annotations: [{ type: 'url_citation', url: 'u', title: 't', start_index: 0, end_index: 1 }],
          logprobs: [],
        },
        { type: 'refusal', refusal: 'r' },
      ],
    },
    { type: 'function_call', id: 'f', call_id: 'c', name: 'f', arguments: '{}', status: 'completed' },
    { type: 'web_search_call', id: 'w', status: 'completed', action: { type: 'search', query: 'q' } },
    { type: 'image_generation_call', id: 'i', status: 'completed', result: 'AAAA', revised_prompt: 'p' },
    {
      type: 'code_interpreter_call',
      id: 'c',
      code: 'x',
      container_id: 'c',
      outputs: [{ type: 'logs', logs: 'l' }],
      status: 'completed',
    },
  ],
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  text: { format: { type: 'text' } },
  tools: [{ type: 'function', name: 'f', description: 'd', parameters: {} }],
  tool_choice: 'auto',
  usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  metadata: {},
  user: null,
};

export const responseEvents = [
  { type: 'response.created', response: { ...response, output: [] }, sequence_number: 0 },
  {
    type: 'response.output_item.added',
    output_index: 0,
    item: { type: 'message', id: 'm', role: 'assistant', status: 'in_progress', content: [] },
  },
  {
    type: 'response.content_part.added',
    item_id: 'm',
    output_index: 0,
    content_index: 0,
    part: { type: 'output_text', text: '', annotations: [] },
  },
  {
    type: 'response.output_text.delta',
    item_id: 'm',
    output_index: 0,
    content_index: 0,
    delta: 'hi',
    logprobs: [],
    obfuscation: 'x',
  },
  {
    type: 'response.output_text.done',
    item_id: 'm',
    output_index: 0,
    content_index: 0,
    text: 'hi',
    logprobs: [],
  },
  {
    type: 'response.output_text.annotation.added',
    item_id: 'm',
    output_index: 0,
    content_index: 0,
    annotation_index: 0,
    annotation: { type: 'url_citation', title: 't' },
  },
  { type: 'response.function_call_arguments.delta', item_id: 'f', output_index: 1, delta: '{}' },
  {
    type: 'response.function_call_arguments.done',
    item_id: 'f',
    output_index: 1,
    name: 'f',
    arguments: '{}',
  },
  { type: 'response.audio.delta', delta: 'AAAA' },
  {
    type: 'response.image_generation_call.partial_image',
    item_id: 'i',
    output_index: 2,
    partial_image_index: 0,
    partial_image_b64: 'AAAA',
  },
  { type: 'response.web_search_call.searching', output_index: 0, item_id: 'w' },
  { type: 'error', code: 'c', message: 'm', param: null },
];

export const completion = {
  id: 'c',
  object: 'text_completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, text: 't', logprobs: null, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

export const embeddings = {
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [0.1] }],
  model: 'm',
  usage: { prompt_tokens: 1, total_tokens: 1 },
};

export const moderations = {
  id: 'm',
  model: 'm',
  results: [
    {
      flagged: false,
      categories: { hate: false },
      category_scores: { hate: 0.1 },
      category_applied_input_types: { hate: ['text'] },
    },
  ],
};

export const conversationItems = {
  object: 'list',
  data: [
    {
      type: 'message',
      id: 'm',
      role: 'user',
      status: 'completed',
      content: [{ type: 'input_text', text: 't' }],
    },
  ],
  first_id: 'm',
  last_id: 'm',
  has_more: false,
};
