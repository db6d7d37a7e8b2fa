import { addWords, type Collected } from '../collected.ts';
import { isIdentifier } from '../identifier.ts';
import { isObject } from '../json-values.ts';
import type { Place } from '../place.ts';
import { toolName } from '../tool-name.ts';
import { textWithin } from './text-within.ts';

/** The calls of a streamed answer, whose names come before their arguments. */
export interface StreamedCalls {
  /** What a chunk says of a call: `{name, arguments}` or `{name, input}`, or a piece of it; undefined says nothing. */
  read(call: unknown, place: Place, into: Collected): void;
  /** The tool that is called at a place. */
  toolAt(place: Place): string | undefined;
}

interface StreamedCall {
  readonly place: Place;
  name: string;
  /** How much of it has been read as text. */
  readChars: number;
  /** What its arguments are read under, once some have come. */
  tool: string | undefined;
  hasBegun: boolean;
}

export function createStreamedCalls(): StreamedCalls {
  const calls = new Map<string, StreamedCall>();

  function callAt(place: Place): StreamedCall {
    const { id } = place.ref();
    const known = calls.get(id) ?? { place, name: '', readChars: 0, tool: undefined, hasBegun: false };
    calls.set(id, known);
    return known;
  }

  /** Some servers say the name again in every chunk. One that changes after the arguments have begun is not the name
   *  that these were judged under. */
  function addName(call: StreamedCall, piece: string, into: Collected): void {
    if (piece === '' || piece === call.name) return;
    call.name += piece;
    readName(call, into);
    if (!call.hasBegun) call.tool = toolName(call.name);
    else {
      const ref = call.place.at('name').ref();
      into.unread.push({ ref, reason: 'bad_shape', bytes: Buffer.byteLength(piece) });
    }
  }

  /** What is no name is text, as soon as it shows. */
  function readName(call: StreamedCall, into: Collected): void {
    const { name, place } = call;
    if (isIdentifier(name)) return;
    addWords(name.slice(call.readChars), place.of(toolName(name)).at('name'), into);
    call.readChars = name.length;
  }

  return {
    read(said, place, into) {
      if (!isObject(said)) {
        textWithin(said, place, into);
        return;
      }
      const { name, ...rest } = said;
      const call = callAt(place);
      if (typeof name === 'string') addName(call, name, into);
      else textWithin(name, place.at('name'), into);
      const before = into.segments.length + into.unread.length;
      textWithin(rest, place.of(call.tool), into);
      call.hasBegun ||= into.segments.length + into.unread.length > before;
    },
    toolAt: (place) => calls.get(place.ref().id)?.tool,
  };
}
