import { isObject } from '../json-values.ts';
import { toolName } from '../tool-name.ts';

/** Numbers the parts of one candidate. Texts that follow one another are one text, cut by the upstream as it likes:
 *  clients join them, and so a word in two parts is read as one. */
export interface PartRuns {
  take(part: unknown): PartRun;
}

export interface PartRun {
  /** Of the part, or of the one that it continues. */
  readonly number: number;
  /** The tool that it calls, which the first piece of a call names. */
  readonly tool: string | undefined;
}

type Kind = 'text' | 'thought' | 'call';

/** @param isWhole - whether all parts come at once, with their own numbers; else a text and a call that come in pieces
 *  have the number that they would have in one */
export function createPartRuns({ isWhole }: { readonly isWhole: boolean }): PartRuns {
  let count = 0;
  let run: Run = { kind: null, number: 0, tool: undefined };
  return {
    take(part) {
      const { kind, isContinuing, tool } = kindOf(part);
      const isContinued = isContinuing && kind === run.kind;
      if (!isContinued && !isWhole && isBlank(part)) return run;
      if (!isContinued) run = { kind, number: count, tool };
      if (isWhole || !isContinued) count += 1;
      return run;
    },
  };
}

interface Run extends PartRun {
  readonly kind: Kind | null;
}

function kindOf(part: unknown): { kind: Kind | null; isContinuing: boolean; tool?: string | undefined } {
  if (!isObject(part)) return { kind: null, isContinuing: false };
  const { text, thought, functionCall, function_call } = part;
  if (typeof text === 'string') return { kind: thought === true ? 'thought' : 'text', isContinuing: true };
  const call = functionCall ?? function_call;
  if (!isObject(call)) return { kind: null, isContinuing: false };
  // A call in pieces has its name in the first, and says in all but the last that it goes on.
  const tool = toolName(call['name']);
  const isFirst = tool !== undefined;
  const goesOn = (call['willContinue'] ?? call['will_continue']) === true;
  return { kind: goesOn || !isFirst ? 'call' : null, isContinuing: !isFirst, tool };
}

/** A text without words, which often ends a stream, would have no place in the whole answer. */
function isBlank(part: unknown): boolean {
  return isObject(part) && part['text'] === '';
}
