import type { Key } from '../../reading/json-source.ts';
import { isObject, type JsonObject, parsed } from '../json-values.ts';
import {
  answerId,
  type EventPlaces,
  type EventText,
  NO_PLACES,
  type StreamPlaces,
  stringPaths,
} from '../stream-places.ts';
import { annotationKeys, itemKeys, partKeys, streamTextOf } from './stream-texts.ts';

/** Where the words of an event stand. A response says each of them again: of its part, of its item, and at its end. */
export function createStreamPlaces(): StreamPlaces {
  return {
    read(data): EventPlaces {
      const event = parsed(data);
      if (!isObject(event)) return NO_PLACES;
      const [, kind = '', step = ''] =
        /^response\.(.+)\.(added|delta|done)$/.exec(String(event['type'])) ?? [];
      const text = streamTextOf(kind, event);
      if (text === null) return { texts: wholes(kind, event), ended: endedBy(kind, step, event) };
      const { id } = text.place.ref();
      if (step === 'delta') return { texts: [{ id, keys: ['delta'], kind: 'piece' }], ended: [] };
      return { texts: [{ id, keys: [text.wholeKey], kind: 'whole' }], ended: [id] };
    },
  };
}

function wholes(kind: string, event: JsonObject): EventText[] {
  const { response, item, part, annotation } = event;
  const at = itemKeys(event);
  return [
    ...within(response, ['response'], []),
    ...within(item, ['item'], at),
    ...within(part, ['part'], [...at, ...partKeys(kind, event)]),
    ...within(annotation, ['annotation'], [...at, ...annotationKeys(kind, event)]),
  ];
}

function within(value: unknown, keys: readonly Key[], at: readonly Key[]): EventText[] {
  return [...stringPaths(value)].map((path) => ({
    id: answerId(...at, ...path),
    keys: [...keys, ...path],
    kind: 'whole',
  }));
}

/** A response comes with its instructions whole. */
function endedBy(kind: string, step: string, event: JsonObject): string[] {
  if (isObject(event['response'])) return [answerId('instructions')];
  return kind === 'output_item' && step === 'done' ? [answerId(...itemKeys(event))] : [];
}
