import { createTextWithin } from '../text-within.ts';

/** Keys whose values are names, numbers or sealed bytes, never words for a reader. */
const SILENT_KEYS = [
  'id',
  'tool_call_id',
  'type',
  'role',
  'index',
  'format',
  'object',
  'created',
  'model',
  'status',
  'mime_type',
  'media_type',
  'finish_reason',
  'usage',
  'system_fingerprint',
  'service_tier',
  'obfuscation',
  'signature',
  'encrypted_content',
  'cache_control',
  // What Azure's filter says of the prompt and of the answer.
  'prompt_filter_results',
  'content_filter_results',
  'content_filter_result',
];

/** What a message, a call, a choice or a part says. */
const SAID_KEYS = [
  'text',
  'content',
  'refusal',
  'reasoning',
  'reasoning_content',
  'thinking',
  'arguments',
  'input',
];

/** All strings inside a value of a chat, each a segment of its own. */
export const textWithin = createTextWithin({ names: SILENT_KEYS, echoes: ['logprobs'], said: SAID_KEYS });
