/** Requests with a bit of everything that an API knows, so that a test can plant words at every place of them. */

export const chatRequest = {
  model: 'm',
  stream: true,
  stream_options: { include_usage: true },
  user: 'u',
  n: 1,
  stop: ['x'],
  tool_choice: 'auto',
  metadata: { a: 'b' },
  response_format: {
    type: 'json_schema',
    json_schema: {
      name: 'x',
      description: 'd',
      strict: true,
      schema: {
        type: 'object',
        title: 'T',
        properties: {
          q: {
            type: 'string',
            enum: ['a'],
            description: 'd',
            default: 'a',
            examples: ['a'],
            const: 'c',
            pattern: 'x',
          },
        },
        required: ['q'],
      },
    },
  },
  messages: [
    { role: 'system', content: 's', name: 'n' },
    {
      role: 'user',
      name: 'n',
      content: [
        { type: 'text', text: 't' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
        { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
        { type: 'file', file: { file_id: 'f', filename: 'x' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      refusal: 'r',
      tool_calls: [
        { id: 'c', type: 'function', function: { name: 'find', arguments: '{}' } },
        { id: 'c2', type: 'custom', custom: { name: 'w', input: 'i' } },
      ],
      function_call: { name: 'o', arguments: '{}' },
      audio: { id: 'a' },
    },
    { role: 'tool', tool_call_id: 'c', content: 'found' },
  ],
  tools: [
    {
      type: 'function',
      function: {
        name: 'find',
        description: 'd',
        strict: true,
        parameters: {
          type: 'object',
          properties: { q: { type: 'string', description: 'd', enum: ['a'] } },
          required: ['q'],
          additionalProperties: false,
        },
      },
    },
    {
      type: 'custom',
      custom: {
        name: 'w',
        description: 'd',
        format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } },
      },
    },
  ],
  functions: [{ name: 'o', description: 'd', parameters: {} }],
  prediction: { type: 'content', content: [{ type: 'text', text: 'p' }] },
  logprobs: true,
  top_logprobs: 2,
  web_search_options: { user_location: { type: 'approximate', approximate: { city: 'x' } } },
  audio: { voice: 'x', format: 'wav' },
};

export const messagesRequest = {
  model: 'm',
  max_tokens: 9,
  stream: true,
  system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }],
  metadata: { user_id: 'u' },
  stop_sequences: ['x'],
  tool_choice: { type: 'auto' },
  thinking: { type: 'enabled', budget_tokens: 1 },
  container: { id: 'c', skills: [{ type: 'custom', skill_id: 's' }] },
  mcp_servers: [{ type: 'url', url: 'u', name: 'n', authorization_token: 't' }],
  context_management: { edits: [{ type: 'compact_20260112', instructions: 'x' }] },
  output_config: {
    effort: 'low',
    format: {
      type: 'json_schema',
      schema: { type: 'object', properties: { q: { type: 'string', description: 'd', enum: ['a'] } } },
    },
  },
  tools: [
    {
      name: 'f',
      description: 'd',
      input_schema: { type: 'object', properties: { q: { type: 'string', description: 'd' } } },
      input_examples: [{ q: 'x' }],
      cache_control: { type: 'ephemeral' },
    },
    { type: 'web_search_20250305', name: 'web_search', allowed_domains: ['a.b'] },
  ],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 't' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
        {
          type: 'document',
          title: 't',
          context: 'c',
          citations: { enabled: true },
          source: { type: 'text', media_type: 'text/plain', data: 'd' },
        },
        { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } },
        { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'x' }] } },
        { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'x' }] },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 't', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'AAAA' },
        { type: 'tool_use', id: 't', name: 'f', input: { q: 1 } },
        { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } },
        {
          type: 'web_search_tool_result',
          tool_use_id: 's',
          content: [
            { type: 'web_search_result', url: 'u', title: 't', encrypted_content: 'e', page_age: 'p' },
          ],
        },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 't',
          is_error: false,
          content: [
            { type: 'text', text: 'r' },
            { type: 'image', source: { type: 'url', url: 'u' } },
          ],
        },
      ],
    },
    { role: 'assistant', content: 'x' },
  ],
};

export const geminiRequest = {
  systemInstruction: { role: 'system', parts: [{ text: 's' }] },
  contents: [
    {
      role: 'user',
      parts: [
        { text: 't' },
        { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
        { fileData: { mimeType: 'video/mp4', fileUri: 'u' } },
      ],
    },
    {
      role: 'model',
      parts: [
        { text: 't', thought: true, thoughtSignature: 'c' },
        { functionCall: { id: 'i', name: 'f', args: { q: 1 } } },
        { executableCode: { language: 'PYTHON', code: 'x' } },
        { codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'o' } },
      ],
    },
    { role: 'user', parts: [{ functionResponse: { id: 'i', name: 'f', response: { result: 'r' } } }] },
  ],
  tools: [
    {
      functionDeclarations: [
        {
          name: 'f',
          description: 'd',
          parameters: {
            type: 'OBJECT',
            properties: { q: { type: 'STRING', description: 'd', enum: ['a'] } },
          },
        },
      ],
    },
    { googleSearch: {} },
  ],
  toolConfig: { functionCallingConfig: { mode: 'AUTO', allowedFunctionNames: ['f'] } },
  safetySettings: [{ category: 'c', threshold: 't' }],
  logprobsResult: {},
  tokensInfo: [],
  generationConfig: {
    stopSequences: ['x'],
    responseMimeType: 'application/json',
    responseSchema: {
      type: 'OBJECT',
      properties: { q: { type: 'STRING', description: 'd', enum: ['a'], example: 'x' } },
    },
    speechConfig: { languageCode: 'de' },
  },
  cachedContent: 'cachedContents/x',
  labels: { a: 'b' },
};

export const responsesRequest = {
  model: 'm',
  stream: true,
  instructions: 'i',
  input: [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 't' },
        { type: 'input_image', image_url: 'u', detail: 'low' },
        { type: 'input_file', file_data: 'AAAA', filename: 'n' },
      ],
    },
    {
      type: 'message',
      role: 'assistant',
      id: 'm',
      status: 'completed',
      content: [{ type: 'output_text', text: 'o', annotations: [] }],
    },
    { type: 'function_call', id: 'f', call_id: 'c', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c', output: 'o' },
    {
      type: 'reasoning',
      id: 'r',
      summary: [{ type: 'summary_text', text: 's' }],
      content: [{ type: 'reasoning_text', text: 't' }],
      encrypted_content: 'e',
    },
    { type: 'item_reference', id: 'x' },
    {
      type: 'computer_call',
      id: 'x',
      call_id: 'c',
      action: { type: 'type', text: 'x' },
      pending_safety_checks: [{ id: 'i', code: 'c', message: 'm' }],
    },
    { type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot', image_url: 'u' } },
    { type: 'mcp_call', id: 'x', name: 'n', server_label: 's', arguments: '{}', output: 'o' },
    { type: 'compaction', encrypted_content: 'e' },
    {
      type: 'mcp_list_tools',
      id: 'l',
      server_label: 's',
      tools: [{ name: 'f', description: 'd', input_schema: {}, annotations: { title: 't' } }],
    },
  ],
  tools: [
    {
      type: 'function',
      name: 'f',
      description: 'd',
      parameters: { type: 'object', properties: { q: { type: 'string', description: 'd', enum: ['a'] } } },
      strict: true,
    },
    {
      type: 'mcp',
      server_label: 's',
      server_url: 'u',
      server_description: 'd',
      headers: { authorization: 'x' },
      authorization: 'a',
      allowed_tools: ['x'],
    },
    {
      type: 'custom',
      name: 'w',
      description: 'd',
      format: { type: 'grammar', syntax: 'lark', definition: 'x' },
    },
  ],
  text: {
    format: {
      type: 'json_schema',
      name: 'n',
      description: 'd',
      schema: { type: 'object', properties: { q: { type: 'string', description: 'd', enum: ['a'] } } },
    },
    verbosity: 'low',
  },
  prompt: { id: 'p', version: '1', variables: { v: 'x' } },
  reasoning: { effort: 'low', summary: 'auto' },
  tool_choice: 'auto',
  truncation: 'auto',
  include: ['x'],
  metadata: { a: 'b' },
  context_management: [{ type: 'compaction', compact_threshold: 1 }],
  logprobs: {},
  conversation: 'conv_1',
  user: 'u',
};

export const completionsRequest = {
  model: 'm',
  prompt: 'p',
  suffix: 's',
  stream: false,
  stop: ['x'],
  user: 'u',
  logit_bias: { '1': 1 },
  logprobs: 2,
  echo: false,
};

export const embeddingsRequest = {
  model: 'm',
  input: ['a', 'b'],
  encoding_format: 'float',
  dimensions: 3,
  user: 'u',
};

export const moderationsRequest = {
  model: 'm',
  input: [
    { type: 'text', text: 't' },
    { type: 'image_url', image_url: { url: 'u' } },
  ],
};

export const conversationsRequest = {
  items: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 't' }] }],
  metadata: { a: 'b' },
};
