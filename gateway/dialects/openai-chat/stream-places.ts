import type { Key } from '../../reading/json-source.ts';
import { isObject, type JsonObject, parsed } from '../json-values.ts';
import { answerId, type EventText, NO_PLACES, type StreamPlaces, stringPaths } from '../stream-places.ts';
import { indexOf } from './read-answer.ts';

/** Where the words of a chunk stand: below a choice's `delta` what is `message` in the whole answer. */
export function createStreamPlaces(): StreamPlaces {
  return {
    read(data) {
      const chunk = parsed(data);
      if (!isObject(chunk)) return NO_PLACES;
      const { choices, ...rest } = chunk;
      const list: readonly unknown[] = Array.isArray(choices) ? choices : [];
      const outside = [...stringPaths(rest)].map(
        (keys): EventText => ({ id: answerId(...keys), keys, kind: 'whole' }),
      );
      const inside = list.flatMap((choice, order) => (isObject(choice) ? choiceTexts(choice, order) : []));
      const ended = list.filter(isObject).filter((choice) => typeof choice['finish_reason'] === 'string');
      return {
        texts: [...outside, ...inside],
        ended: ended.map((choice) => answerId('choices', indexOf(choice))),
      };
    },
  };
}

function choiceTexts(choice: JsonObject, order: number): EventText[] {
  const place = ['choices', indexOf(choice)];
  return [...stringPaths(choice)].map((keys) => {
    const [slot = '', ...path] = keys;
    const isMessage = slot === 'delta' || slot === 'message';
    const inside = isMessage ? ['message', ...callNumbered(path, choice[slot])] : keys;
    return { id: answerId(...place, ...inside), keys: ['choices', order, ...keys], kind: 'piece' };
  });
}

/** A call is known by its number, not by its order in the chunk. */
function callNumbered(path: readonly Key[], piece: unknown): readonly Key[] {
  const [list, order, ...rest] = path;
  if (list !== 'tool_calls' || typeof order !== 'number' || !isObject(piece)) return path;
  const calls: unknown = piece['tool_calls'];
  const call: unknown = Array.isArray(calls) ? calls[order] : undefined;
  const index = isObject(call) ? call['index'] : undefined;
  return [list, typeof index === 'number' ? index : order, ...rest];
}
