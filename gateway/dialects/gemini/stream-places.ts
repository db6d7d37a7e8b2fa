import { isObject, type JsonObject, parsed } from '../json-values.ts';
import {
  answerId,
  type EventPlaces,
  type EventText,
  NO_PLACES,
  type StreamPlaces,
  stringPaths,
} from '../stream-places.ts';
import { createPartRuns, type PartRuns } from './part-runs.ts';
import { finishOf, indexOf } from './read-chunks.ts';

/** Where the words of a chunk stand: in the part that it brings or continues. */
export function createStreamPlaces(): StreamPlaces {
  const runs = new Map<number, { readonly parts: PartRuns; last: number | null }>();

  function readCandidate(candidate: JsonObject, order: number): EventPlaces {
    const index = indexOf(candidate, order);
    const { content, ...rest } = candidate;
    const keys = ['candidates', order];
    const outside = [...stringPaths(rest)].map(
      (path): EventText => ({
        id: answerId('candidates', index, ...path),
        keys: [...keys, ...path],
        kind: 'whole',
      }),
    );
    const inside = isObject(content) ? readParts(content, { index, keys }) : NO_PLACES;
    const isOver = finishOf(candidate) !== null;
    return {
      texts: [...outside, ...inside.texts],
      ended: [...inside.ended, ...(isOver ? [answerId('candidates', index)] : [])],
      repeating: [{ id: answerId('candidates', index), keys }],
    };
  }

  /** Parts are numbered as the reader numbers them; the one before has ended when a new one begins. */
  function readParts({ parts }: JsonObject, at: At): EventPlaces {
    const run = runs.get(at.index) ?? { parts: createPartRuns({ isWhole: false }), last: null };
    runs.set(at.index, run);
    const list: readonly unknown[] = Array.isArray(parts) ? parts : [parts ?? {}];
    const ended: string[] = [];
    const texts = list.flatMap((part, order) => {
      const { number } = run.parts.take(part);
      if (run.last !== null && run.last !== number) ended.push(answerId(...placeOf(at.index, run.last)));
      run.last = number;
      return partTexts(part, { ...at, keys: [...at.keys, 'content', 'parts', order] }, number);
    });
    return { texts, ended };
  }

  return {
    read(data) {
      const chunk = parsed(data);
      if (!isObject(chunk)) return NO_PLACES;
      const { candidates, ...rest } = chunk;
      const outside = [...stringPaths(rest)].map(
        (keys): EventText => ({ id: answerId(...keys), keys, kind: 'whole' }),
      );
      const read = (Array.isArray(candidates) ? candidates : [])
        .filter(isObject)
        .map((candidate, order) => readCandidate(candidate, order));
      return {
        texts: [...outside, ...read.flatMap(({ texts }) => texts)],
        ended: read.flatMap(({ ended }) => ended),
        repeating: read.flatMap(({ repeating = [] }) => repeating),
      };
    },
  };
}

interface At {
  readonly index: number;
  readonly keys: readonly (string | number)[];
}

/** Objects that are one text, as JSON. */
const JSON_KEYS = new Set(['args', 'response']);

function partTexts(part: unknown, { index, keys }: At, number: number): EventText[] {
  const place = placeOf(index, number);
  const strings = [...stringPaths(part)].map(
    (path): EventText => ({ id: answerId(...place, ...path), keys: [...keys, ...path], kind: 'piece' }),
  );
  const objects = Object.entries(isObject(part) ? part : {}).flatMap(([name, value]) =>
    Object.keys(isObject(value) ? value : {})
      .filter((key) => JSON_KEYS.has(key))
      .map(
        (key): EventText => ({
          id: answerId(...place, name, key),
          keys: [...keys, name, key],
          kind: 'whole',
        }),
      ),
  );
  return [...strings, ...objects];
}

function placeOf(index: number, number: number) {
  return ['candidates', index, 'content', 'parts', number] as const;
}
