import assert from 'node:assert/strict';
import type { Dialect } from '../../gateway/dialects/dialect.ts';
import { loadDialects } from '../../gateway/dialects/load-dialects.ts';
import type { RuleSet } from '../../rules/index.ts';
import { type ScanOptions, startScan } from './start-scan.ts';

/** One place of an API where a text may stand as a list of parts. */
export interface PartedPlace {
  readonly name: string;
  readonly dialect: Dialect;
  /** Path and query that it is sent to. */
  readonly target: string;
  /** Pointer of the list of parts. */
  readonly list: string;
  /** A request that says this in parts; of one part it is the text as it stands. */
  body(...texts: readonly string[]): object;
  /** The texts of such a request. */
  texts(body: unknown): string[];
}

const texts = (type: string) => (said: readonly string[]) => said.map((text) => ({ type, text }));
const asText = texts('text');
const asInput = texts('input_text');
const GEMINI = '/v1beta/models/test-model:generateContent';
const model = 'test-model';
const ask = (content: unknown) => ({ model, max_tokens: 9, messages: [{ role: 'user', content }] });
const result = (content: unknown) => [{ type: 'tool_result', tool_use_id: 't', content }];

type Row = readonly [
  name: string,
  dialect: string,
  target: string,
  list: string,
  body: (said: readonly string[]) => object,
];

const CHAT = ['openai-chat', '/v1/chat/completions'] as const;
const MESSAGES = ['anthropic-messages', '/v1/messages'] as const;
const ROWS: readonly Row[] = [
  ['a chat', ...CHAT, '/messages/0/content', (said) => ask(asText(said))],
  [
    "a tool's result in a chat",
    ...CHAT,
    '/messages/0/content',
    (said) => ({ model, messages: [{ role: 'tool', tool_call_id: 't', content: asText(said) }] }),
  ],
  ['messages', ...MESSAGES, '/messages/0/content', (said) => ask(asText(said))],
  [
    'a system prompt of messages',
    ...MESSAGES,
    '/system',
    (said) => ({ ...ask('hello'), system: asText(said) }),
  ],
  [
    "a tool's result in messages",
    ...MESSAGES,
    '/messages/0/content/0/content',
    (said) => ask(result(asText(said))),
  ],
  [
    'responses',
    'openai-responses',
    '/v1/responses',
    '/input/0/content',
    (said) => ({ model, input: [{ role: 'user', content: asInput(said) }] }),
  ],
  [
    'gemini',
    'gemini',
    GEMINI,
    '/contents/0/parts',
    (said) => ({ contents: [{ role: 'user', parts: said.map((text) => ({ text })) }] }),
  ],
  [
    "gemini's instruction",
    'gemini',
    GEMINI,
    '/systemInstruction/parts',
    (said) => ({
      contents: [{ parts: [{ text: 'hello' }] }],
      systemInstruction: { parts: said.map((text) => ({ text })) },
    }),
  ],
];

const dialects = await loadDialects();

/** Of each dialect whose requests hold messages. */
export const PARTED_PLACES: readonly PartedPlace[] = ROWS.map(([name, dialectName, target, list, body]) => ({
  name,
  dialect: dialects.find((one) => one.name === dialectName) as Dialect,
  target,
  list,
  body: (...said) => body(said),
  texts(sent) {
    const keys = list.split('/').slice(1);
    const parts = keys.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], sent);
    return (parts as { text: string }[]).map(({ text }) => text);
  },
}));

/** The scan of a request's body, and what it found. */
export async function scannedBody(
  ruleSet: RuleSet,
  { dialect, target }: PartedPlace,
  body: unknown,
  options: ScanOptions = {},
) {
  const read = dialect.readRequest(body, target);
  assert.ok(read.ok, JSON.stringify(read));
  const scan = startScan(ruleSet, options);
  scan.add(read.value);
  await scan.end();
  scan.conclude();
  return { ...scan, findings: scan.findings() };
}

/** The same of a text in parts. */
export function scanned(
  ruleSet: RuleSet,
  place: PartedPlace,
  parts: readonly string[],
  options?: ScanOptions,
) {
  return scannedBody(ruleSet, place, place.body(...parts), options);
}
