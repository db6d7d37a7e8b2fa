import type { StreamEnding } from '../dialect.ts';
import { isObject, type JsonObject, parsed } from '../json-values.ts';
import { blockedResponse, emptyResponse, eventOf, type StreamEvent } from './own-answers.ts';
import { numberOf } from './stream-texts.ts';

/** Ends a stream of a response: what is open is closed as incomplete, then the response is. */
export function createStreamEnding(): StreamEnding {
  const items = createSentItems();
  let response: JsonObject | null = null;
  let sequence = -1;

  /** Events are numbered from the first one on. */
  function numbered(event: StreamEvent): string {
    sequence += 1;
    return eventOf({ ...event, sequence_number: sequence });
  }

  return {
    sent(data) {
      const event = parsed(data);
      if (!isObject(event)) return;
      sequence = Math.max(sequence, numberOf(event, 'sequence_number'));
      if (isObject(event['response'])) response = event['response'];
      items.follow(event);
    },
    blocked(block) {
      const events: StreamEvent[] = [
        ...(response === null ? [{ type: 'response.created', response: emptyResponse(block) }] : []),
        ...items.closing(),
        {
          type: 'response.incomplete',
          response: { ...blockedResponse(block, items.all()), ...identityOf(response) },
        },
      ];
      return events.map(numbered).join('');
    },
  };
}

/** A client knows the response by its id, and tells one that changes in mid-stream from the one it has. */
function identityOf(response: JsonObject | null): object {
  if (response === null) return {};
  const { status: _status, output: _output, usage: _usage, incomplete_details: _details, ...rest } = response;
  return rest;
}

/** Items as a client has them: an item that is done as it was told last, one that is open with the text so far. */
function createSentItems() {
  const done = new Map<number, object>();
  const open = new Map<number, OpenItem>();

  function follow(event: JsonObject): void {
    const { type, item, part, delta } = event;
    const index = numberOf(event, 'output_index');
    if (type === 'response.output_item.added' && isObject(item)) open.set(index, { item, parts: [] });
    if (type === 'response.output_item.done' && isObject(item)) {
      open.delete(index);
      done.set(index, item);
    }
    const parts = open.get(index)?.parts;
    const at = numberOf(event, 'content_index');
    if (type === 'response.content_part.added' && isObject(part)) parts?.splice(at, 1, { ...part });
    const shown = parts?.[at];
    if (shown === undefined || typeof delta !== 'string') return;
    if (type === 'response.output_text.delta') shown['text'] = `${shown['text'] ?? ''}${delta}`;
    if (type === 'response.refusal.delta') shown['refusal'] = `${shown['refusal'] ?? ''}${delta}`;
  }

  return {
    follow,
    closing: () =>
      [...open].map(([output_index, each]) => ({
        type: 'response.output_item.done',
        output_index,
        item: closed(each),
      })),
    all: () =>
      [...done, ...[...open].map(([index, each]) => [index, closed(each)] as const)]
        .sort(([a], [b]) => a - b)
        .map(([, item]) => item),
  };
}

interface OpenItem {
  readonly item: JsonObject;
  readonly parts: Record<string, unknown>[];
}

/** Only messages have parts that are shown as they come. */
function closed({ item, parts }: OpenItem): object {
  return {
    ...item,
    ...(parts.length > 0 && { content: parts }),
    ...('status' in item && { status: 'incomplete' }),
  };
}
