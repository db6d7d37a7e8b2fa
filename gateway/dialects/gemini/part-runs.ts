import { isObject } from '../json-values.ts';

/** Numbers the parts of one candidate. Texts that follow one another are one text, cut by the upstream as it likes:
 *  clients join them, and so a word in two parts is read as one. */
export interface PartRuns {
  /** The number of the part, or of the one that it continues. */
  numberOf(part: unknown): number;
}

type Kind = 'text' | 'thought' | 'call';

/** @param isWhole - whether all parts come at once, with their own numbers; else a text and a call that come in pieces
 *  have the number that they would have in one */
export function createPartRuns({ isWhole }: { readonly isWhole: boolean }): PartRuns {
  let count = 0;
  let run: { readonly kind: Kind | null; readonly number: number } = { kind: null, number: 0 };
  return {
    numberOf(part) {
      const { kind, isContinuing } = kindOf(part);
      const isContinued = isContinuing && kind === run.kind;
      if (!isContinued && !isWhole && isBlank(part)) return run.number;
      if (!isContinued) run = { kind, number: count };
      if (isWhole || !isContinued) count += 1;
      return run.number;
    },
  };
}

function kindOf(part: unknown): { kind: Kind | null; isContinuing: boolean } {
  if (!isObject(part)) return { kind: null, isContinuing: false };
  const { text, thought, functionCall, function_call } = part;
  if (typeof text === 'string') return { kind: thought === true ? 'thought' : 'text', isContinuing: true };
  const call = functionCall ?? function_call;
  if (!isObject(call)) return { kind: null, isContinuing: false };
  // A call in pieces has its name in the first, and says in all but the last that it goes on.
  const isFirst = typeof call['name'] === 'string' && call['name'] !== '';
  const goesOn = (call['willContinue'] ?? call['will_continue']) === true;
  return { kind: goesOn || !isFirst ? 'call' : null, isContinuing: !isFirst };
}

/** A text without words, which often ends a stream, would have no place in the whole answer. */
function isBlank(part: unknown): boolean {
  return isObject(part) && part['text'] === '';
}
