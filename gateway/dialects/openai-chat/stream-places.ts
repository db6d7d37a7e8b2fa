import type { Key } from '../../reading/json-source.ts';
import { isObject, type JsonObject, parsed } from '../json-values.ts';
import { answerId, type EventText, NO_PLACES, type StreamPlaces, stringPaths } from '../stream-places.ts';
import { createChoiceCalls } from './call-numbers.ts';
import { indexOf } from './read-answer.ts';

const MESSAGES = ['delta', 'message'];

/** Where the words of a chunk stand: below a choice's `delta` what is `message` in the whole answer. */
export function createStreamPlaces(): StreamPlaces {
  const numbersOf = createChoiceCalls();

  function choiceTexts(choice: JsonObject, order: number): EventText[] {
    const index = indexOf(choice);
    const numbers = new Map(MESSAGES.map((slot) => [slot, callNumbers(choice[slot], index)]));
    return [...stringPaths(choice)].map((keys) => {
      const [slot = '', ...path] = keys;
      const own = numbers.get(String(slot));
      const inside = own === undefined ? keys : ['message', ...callNumbered(path, own)];
      return {
        id: answerId('choices', index, ...inside),
        keys: ['choices', order, ...keys],
        kind: 'piece',
      };
    });
  }

  /** The numbers of the calls in a piece of a message, by their order in it. */
  function callNumbers(piece: unknown, choice: number): readonly number[] {
    const calls = isObject(piece) && Array.isArray(piece['tool_calls']) ? piece['tool_calls'] : [];
    return calls.map((call, order) => (isObject(call) ? numbersOf(choice).numberOf(call, order) : order));
  }

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

/** A call is known by its number, not by its order in the chunk. */
function callNumbered(path: readonly Key[], numbers: readonly number[]): readonly Key[] {
  const [list, order, ...rest] = path;
  if (list !== 'tool_calls' || typeof order !== 'number') return path;
  return [list, numbers[order] ?? order, ...rest];
}
