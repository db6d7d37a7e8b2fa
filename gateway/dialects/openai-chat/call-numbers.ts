import { isObject, type JsonObject, parsed } from '../json-values.ts';

/** Tells which call of a streamed choice each piece is of: the number that it has in the whole answer. */
export interface CallNumbers {
  /** Asked of every item of `tool_calls`, in their order.
   *  @param order - of the item in its chunk */
  numberOf(call: JsonObject, order: number): number;
}

/** The call that an index now stands for. */
interface Current {
  readonly number: number;
  name: unknown;
  json: string;
  /** Whether it ends as an object does: only then it is worth parsing, since some say the name with every piece. */
  endsObject: boolean;
}

/** Some servers give calls that stand beside each other all the same index, or none: a name that comes again when the
 *  arguments are whole begins another call. */
export function createCallNumbers(): CallNumbers {
  const current = new Map<number, Current>();
  const taken = new Set<number>();
  let highest = -1;

  function begin(index: number): Current {
    const number = taken.has(index) ? highest + 1 : index;
    taken.add(number);
    highest = Math.max(highest, number);
    const begun = { number, name: undefined, json: '', endsObject: false };
    current.set(index, begun);
    return begun;
  }

  return {
    numberOf(call, order) {
      const index = typeof call['index'] === 'number' ? call['index'] : order;
      const { name, arguments: json } = isObject(call['function']) ? call['function'] : {};
      const piece = typeof json === 'string' ? json : '';
      const known = current.get(index) ?? begin(index);
      const isNamed = typeof name === 'string' && name !== '';
      // Some say the name again with every piece, the last and empty one too.
      const mayBegin = isNamed && (piece !== '' || name !== known.name);
      const own = mayBegin && known.endsObject && isObject(parsed(known.json)) ? begin(index) : known;
      own.name ??= name;
      own.json += piece;
      if (piece.trim() !== '') own.endsObject = piece.trimEnd().endsWith('}');
      return own.number;
    },
  };
}

/** The same for the choices of one stream, each by its number. */
export function createChoiceCalls(): (choice: number) => CallNumbers {
  const choices = new Map<number, CallNumbers>();
  return (choice) => {
    const known = choices.get(choice) ?? createCallNumbers();
    choices.set(choice, known);
    return known;
  };
}
