import type { Role } from '../../detectors/index.ts';
import type { SegmentRef } from '../../rules/index.ts';

/** A place in a body, on the way down to a segment. */
export interface Place {
  at(...keys: readonly (string | number)[]): Place;
  /** The same place, read as something else. */
  as(target: SegmentRef['target']): Place;
  /** The same place, in a call of a tool or in what came of one; without a name it stays as it is. */
  of(tool: string | undefined): Place;
  ref(): SegmentRef;
}

export interface PlaceStart {
  readonly side: 'request' | 'response';
  readonly target: SegmentRef['target'];
  readonly role: Role;
  readonly choice?: number;
  readonly tool?: string;
}

/** Whether a segment of this id is part of an answer, and not of a request. */
export const isOfAnswer = (id: string): boolean => id.startsWith('response');

/** The RFC 6901 pointer that keys make. */
export function pointerOf(keys: readonly (string | number)[]): string {
  let pointer = '';
  for (const key of keys) pointer += `/${typeof key === 'number' ? key : escaped(key)}`;
  return pointer;
}

function escaped(key: string): string {
  return /[~/]/.test(key) ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
}

/** @param keys - unescaped; the pointer escapes them as RFC 6901 asks */
export function createPlace(start: PlaceStart, keys: readonly (string | number)[] = []): Place {
  const place: Place = {
    at: (...more) => createPlace(start, [...keys, ...more]),
    as: (target) => createPlace({ ...start, target }, keys),
    of: (tool) => (tool === undefined ? place : createPlace({ ...start, tool }, keys)),
    ref() {
      const pointer = pointerOf(keys);
      const { side, target, role, choice = null, tool } = start;
      const ref = { id: `${side}${pointer}`, target, role, pointer, choice };
      return tool === undefined ? ref : { ...ref, tool };
    },
  };
  return place;
}
