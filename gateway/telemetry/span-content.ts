import type { Attributes } from '@opentelemetry/api';
import type { SegmentRef } from '../../rules/index.ts';
import { SEMANTICS } from './semantics.ts';

/** One message of an exchange in the form that GenAI conventions give `gen_ai.input.messages`. */
export interface ContentMessage {
  readonly role: string;
  readonly parts: readonly ContentPart[];
  /** Only of answers. */
  readonly finish_reason?: string;
}

type ContentPart =
  | { readonly type: 'text'; readonly content: string }
  | { readonly type: 'tool_call'; readonly name: string; readonly arguments: string }
  | { readonly type: 'tool_call_response'; readonly response: string };

/** What of an exchange's text a trace carries: the text itself, or where it can be read. */
export type ExchangeContent =
  | {
      readonly kind: 'messages';
      readonly input: readonly ContentMessage[];
      readonly output: readonly ContentMessage[];
      /** Whether there was more than a trace carries. */
      readonly isCut: boolean;
    }
  | { readonly kind: 'reference'; readonly url: string };

/** One text of an exchange, and where it stands. */
export interface PlacedText {
  readonly ref: Pick<SegmentRef, 'id' | 'target' | 'role' | 'choice' | 'tool'>;
  readonly text: string;
}

/** UTF-16 units of an exchange's text that a trace carries: answers first, then the newest of the request. */
const MAX_CONTENT = 65_536;

/** Messages out of an exchange's texts, as they came: nothing is redacted.
 *  @param finishReasons - by choice, as far as they are known */
export function contentOf(texts: readonly PlacedText[], finishReasons: readonly string[]): ExchangeContent {
  const budget = createBudget(MAX_CONTENT);
  const isOfRequest = ({ ref }: PlacedText) => ref.id.startsWith('request');
  const answers = texts.filter((one) => !isOfRequest(one)).map(budget.take);
  const asked = texts.filter(isOfRequest).toReversed().map(budget.take).toReversed();
  const choices = Map.groupBy(answers, ({ ref }) => ref.choice ?? 0);
  const output = [...choices].map(([choice, parts]) => ({
    role: 'assistant',
    parts: parts.map(partOf),
    finish_reason: finishReasons[choice] ?? 'unknown',
  }));
  const input = asked
    .filter(({ text }) => text !== '')
    .map((one) => ({ role: one.ref.role, parts: [partOf(one)] }));
  return { kind: 'messages', input, output, isCut: budget.isSpent() };
}

function partOf({ ref, text }: PlacedText): ContentPart {
  if (ref.target === 'tool_call') return { type: 'tool_call', name: ref.tool ?? '', arguments: text };
  if (ref.target === 'tool_result') return { type: 'tool_call_response', response: text };
  return { type: 'text', content: text };
}

function createBudget(size: number) {
  let left = size;
  let isSpent = false;
  const take = (one: PlacedText): PlacedText => {
    const text = one.text.slice(0, left);
    left -= text.length;
    if (text.length < one.text.length) isSpent = true;
    return { ...one, text };
  };
  return { take, isSpent: () => isSpent };
}

/** Attributes of a span; messages are JSON, since attributes of spans hold no objects. */
export function contentAttributes(content: ExchangeContent): Attributes {
  if (content.kind === 'reference') return { [SEMANTICS.contentReference]: content.url };
  return {
    [SEMANTICS.inputMessages]: JSON.stringify(content.input),
    [SEMANTICS.outputMessages]: JSON.stringify(content.output),
    ...(content.isCut && { [SEMANTICS.contentIsCut]: true }),
  };
}
