import type { JsonObject } from '../json-values.ts';
import type { Place } from '../place.ts';
import { answerPlaces, type Voice } from './read-items.ts';

/** A text that comes in events of its own. */
export interface StreamText {
  readonly place: Place;
  /** Under which key the event that ends it has the whole. */
  readonly wholeKey: string;
  readonly isJson: boolean;
}

interface Kind {
  readonly voice: Voice;
  readonly wholeKey: string;
  readonly isJson?: true;
  /** Where it stands in its item. */
  readonly keys: (event: JsonObject) => readonly (string | number)[];
}

const part = (key: string) => (event: JsonObject) => ['content', numberOf(event, 'content_index'), key];
const plain =
  (...keys: string[]) =>
  () =>
    keys;

/** By the part of an event's type before `.delta` and `.done`. */
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['output_text', { voice: 'assistant', wholeKey: 'text', keys: part('text') }],
  ['refusal', { voice: 'assistant', wholeKey: 'refusal', keys: part('refusal') }],
  ['reasoning_text', { voice: 'assistant', wholeKey: 'text', keys: part('text') }],
  [
    'reasoning_summary_text',
    {
      voice: 'assistant',
      wholeKey: 'text',
      keys: (event) => ['summary', numberOf(event, 'summary_index'), 'text'],
    },
  ],
  [
    'function_call_arguments',
    { voice: 'call', wholeKey: 'arguments', isJson: true, keys: plain('arguments') },
  ],
  ['mcp_call_arguments', { voice: 'call', wholeKey: 'arguments', isJson: true, keys: plain('arguments') }],
  ['custom_tool_call_input', { voice: 'call', wholeKey: 'input', keys: plain('input') }],
  ['code_interpreter_call_code', { voice: 'call', wholeKey: 'code', keys: plain('code') }],
  ['apply_patch_call_operation_diff', { voice: 'call', wholeKey: 'diff', keys: plain('operation', 'diff') }],
  [
    'shell_call_command',
    {
      voice: 'call',
      wholeKey: 'command',
      keys: (event) => ['action', 'commands', numberOf(event, 'command_index')],
    },
  ],
] satisfies [string, Kind][]);

/** The text that an event is about; null where it is about none.
 *  @param kind - `output_text` of `response.output_text.delta` */
export function streamTextOf(kind: string, event: JsonObject): StreamText | null {
  const known = KINDS.get(kind);
  if (known === undefined) return null;
  const { voice, wholeKey, isJson = false, keys } = known;
  const place = answerPlaces([...itemKeys(event), ...keys(event)])(voice);
  return { place, wholeKey, isJson };
}

/** Where the item stands that an event is about. */
export function itemKeys(event: JsonObject): (string | number)[] {
  return ['output', numberOf(event, 'output_index')];
}

/** Where the part stands in its item that an event is about. */
export function partKeys(kind: string, event: JsonObject): (string | number)[] {
  return kind === 'reasoning_summary_part'
    ? ['summary', numberOf(event, 'summary_index')]
    : ['content', numberOf(event, 'content_index')];
}

/** Where the annotation stands in its item that an event brings. */
export function annotationKeys(kind: string, event: JsonObject): (string | number)[] {
  return [...partKeys(kind, event), 'annotations', numberOf(event, 'annotation_index')];
}

export function numberOf(event: JsonObject, key: string): number {
  const value = event[key];
  return typeof value === 'number' ? value : 0;
}
