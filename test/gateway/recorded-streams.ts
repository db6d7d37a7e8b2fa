import { dialect as anthropic } from '../../gateway/dialects/anthropic-messages/index.ts';
import type { Dialect, Framing } from '../../gateway/dialects/dialect.ts';
import { dialect as gemini } from '../../gateway/dialects/gemini/index.ts';
import { dialect as chat } from '../../gateway/dialects/openai-chat/index.ts';
import { dialect as completions } from '../../gateway/dialects/openai-completions/index.ts';
import { dialect as responses } from '../../gateway/dialects/openai-responses/index.ts';
import { callBlock, messageEvents, textBlock, thinkingBlock, wholeMessage } from './anthropic-stream.ts';
import {
  arrayOf,
  callPart,
  chunksOf,
  eventsOf,
  textPart,
  thoughtPart,
  wholeAnswer,
} from './gemini-stream.ts';
import {
  callItem,
  customCallItem,
  messageItem,
  reasoningItem,
  responseEvents,
  wholeResponse,
} from './responses-stream.ts';
import { chunk } from './test-upstream.ts';

/** One answer as an API streams it, and as it gives it whole. */
export interface RecordedStream {
  readonly name: string;
  readonly dialect: Dialect;
  readonly framing: Framing;
  readonly bytes: Buffer;
  readonly whole: object;
}

/** The word that a rule knows stands in every kind of text, in one piece and cut. */
const SAID = ['all é 🙂 is ', 'well, we de', 'ceive', ' them and dec', 'eive you ', 'deceive deceive', ' so'];
const CALL = { path: 'a "quoted" deceive \u{1F642} b', depth: 3, list: ['x', 'so deceive '] };
const WRITTEN = JSON.stringify(CALL, null, 1).replace('quoted', '\\u0071uoted');
const JSON_PIECES = [WRITTEN.slice(0, 3), WRITTEN.slice(3, 17), WRITTEN.slice(17, 31), WRITTEN.slice(31)];

const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };
const logprobs = (token: string) => ({ content: [{ token, logprob: -1, bytes: null, top_logprobs: [] }] });

function chatEvents(): string {
  const call = (index: number, piece: object) => chunk({ delta: { tool_calls: [{ index, ...piece }] } });
  return [
    ': a comment\n\n',
    chunk({ delta: { role: 'assistant', content: '' }, finish_reason: null }),
    ...SAID.map((content) => chunk({ delta: { content }, logprobs: logprobs(content), finish_reason: null })),
    call(0, { id: 'c0', type: 'function', function: { name: 'find', arguments: '' } }),
    ...JSON_PIECES.map((piece) => call(0, { function: { arguments: piece } })),
    call(1, { id: 'c1', type: 'function', function: { name: 'put', arguments: '{"fine": 1}' } }),
    ...SAID.map((content) => chunk({ index: 1, delta: { content } })),
    chunk({ delta: {}, finish_reason: 'tool_calls' }),
    chunk({ index: 1, delta: {}, finish_reason: 'stop' }),
    `data: ${JSON.stringify({ id: 'chatcmpl-1', model: 'test-model', choices: [], usage })}\n\n`,
    'data: [DONE]\n\n',
  ].join('');
}

const chatWhole = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'test-model',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: SAID.join(''),
        tool_calls: [
          { id: 'c0', type: 'function', function: { name: 'find', arguments: WRITTEN } },
          { id: 'c1', type: 'function', function: { name: 'put', arguments: '{"fine": 1}' } },
        ],
      },
      logprobs: logprobs(SAID.join('')),
      finish_reason: 'tool_calls',
    },
    { index: 1, message: { role: 'assistant', content: SAID.join('') }, finish_reason: 'stop' },
  ],
  usage,
};

const textChunk = (choice: object) =>
  `data: ${JSON.stringify({ id: 'cmpl-1', object: 'text_completion', model: 'test-model', choices: [{ index: 0, ...choice }] })}\r\r`;
const completionChoice = { index: 0, text: SAID.join(''), finish_reason: 'stop' };

const blocks = [thinkingBlock(SAID), textBlock(SAID), callBlock(CALL, JSON_PIECES), callBlock({}, [])];
const candidates = [[thoughtPart(SAID), textPart(SAID), callPart(CALL)], [textPart(['all is ', 'well'])]];
const items = [
  reasoningItem('r', [SAID]),
  messageItem('m', [SAID, ['fine']]),
  callItem('c', JSON_PIECES),
  customCallItem('w', SAID),
];

/** A recorded stream of every dialect, in every framing that it has. */
export const RECORDED: readonly RecordedStream[] = [
  { name: 'chat', dialect: chat, framing: 'events', bytes: Buffer.from(chatEvents()), whole: chatWhole },
  {
    name: 'completions',
    dialect: completions,
    framing: 'events',
    bytes: Buffer.from(
      [
        ...SAID.map((text) => textChunk({ text })),
        textChunk({ text: '', finish_reason: 'stop' }),
        'data: [DONE]\r\r',
      ].join(''),
    ),
    whole: { id: 'cmpl-1', object: 'text_completion', model: 'test-model', choices: [completionChoice] },
  },
  {
    name: 'messages',
    dialect: anthropic,
    framing: 'events',
    bytes: Buffer.from(messageEvents(blocks).join('')),
    whole: wholeMessage(blocks),
  },
  {
    name: 'Gemini events',
    dialect: gemini,
    framing: 'events',
    bytes: Buffer.from(eventsOf(chunksOf(candidates))),
    whole: wholeAnswer(candidates),
  },
  {
    name: 'a Gemini array',
    dialect: gemini,
    framing: 'array',
    bytes: Buffer.from(arrayOf(chunksOf(candidates))),
    whole: wholeAnswer(candidates),
  },
  {
    name: 'responses',
    dialect: responses,
    framing: 'events',
    bytes: Buffer.from(responseEvents(items).join('')),
    whole: wholeResponse(items),
  },
];
