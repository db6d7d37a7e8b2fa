import { createPlace, type Place } from '../place.ts';
import type { PartPlaces } from './read-parts.ts';

/** What stands outside of the candidates. */
export function answerPlace(): Place {
  return createPlace({ side: 'response', target: 'output', role: 'assistant' });
}

/** A candidate, with its number as choice. What tools of the upstream found is output: what the client is about to
 *  get. */
export function candidatePlaces(index: number, ...keys: readonly (string | number)[]): PartPlaces {
  const at = (target: 'output' | 'tool_call') =>
    createPlace({ side: 'response', target, role: 'assistant', choice: index }, [
      'candidates',
      index,
      ...keys,
    ]);
  return { words: at('output'), call: at('tool_call'), result: at('output') };
}
