import { isObject, type JsonObject, parsed } from '../json-values.ts';
import {
  answerId,
  type EventPlaces,
  type EventText,
  NO_PLACES,
  type StreamPlaces,
  stringPaths,
} from '../stream-places.ts';
import { isCall } from './read-blocks.ts';

/** Where the words of an event stand: in the block that it begins or continues. */
export function createStreamPlaces(): StreamPlaces {
  const citations = new Map<number, number>();

  function deltaTexts(index: number, delta: JsonObject): EventText[] {
    const count = citations.get(index) ?? 0;
    if (delta['citation'] !== undefined) citations.set(index, count + 1);
    return [...stringPaths(delta)].map((path): EventText => {
      const [key, ...rest] = path;
      const keys = ['delta', ...path];
      if (key === 'partial_json') return { id: answerId('content', index, 'input'), keys, kind: 'piece' };
      if (key !== 'citation') return { id: answerId('content', index, ...path), keys, kind: 'piece' };
      return { id: answerId('content', index, 'citations', count, ...rest), keys, kind: 'whole' };
    });
  }

  return {
    read(data): EventPlaces {
      const event = parsed(data);
      if (!isObject(event)) return NO_PLACES;
      const { type, index, message, content_block: block, delta } = event;
      if (type === 'message_start' && isObject(message)) {
        return { texts: within(message, ['message'], []), ended: [] };
      }
      if (typeof index !== 'number') {
        return { texts: isObject(delta) ? within(delta, ['delta'], []) : [], ended: [] };
      }
      if (type === 'content_block_stop') return { texts: [], ended: [answerId('content', index)] };
      if (type === 'content_block_start' && isObject(block)) {
        return { texts: blockTexts(block, index), ended: [] };
      }
      return { texts: isObject(delta) ? deltaTexts(index, delta) : [], ended: [] };
    },
  };
}

/** What a block holds at its begin. The input of a call is one text, and may come whole here. */
function blockTexts(block: JsonObject, index: number): EventText[] {
  const texts = within(block, ['content_block'], ['content', index]);
  if (!isCall(block)) return texts;
  const id = answerId('content', index, 'input');
  return [
    ...texts.filter((text) => !text.id.startsWith(id)),
    { id, keys: ['content_block', 'input'], kind: 'whole' },
  ];
}

function within(value: JsonObject, keys: readonly string[], at: readonly (string | number)[]): EventText[] {
  return [...stringPaths(value)].map((path) => ({
    id: answerId(...at, ...path),
    keys: [...keys, ...path],
    kind: 'piece',
  }));
}
