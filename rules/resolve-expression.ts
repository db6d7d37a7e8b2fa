import type { Expression, WrittenExpression } from './expression.ts';
import { didYouMean } from './nearest.ts';

/** What the names of an expression may stand for. */
export interface Names {
  /** The rule's conditions. */
  readonly conditions: readonly string[];
  readonly macros: readonly string[];
  /** Whether a name that is not known may be of a macro that is broken. */
  mayHide(macro: string): boolean;
  /** What a macro stands for: an expression, or `condition`, which stands for itself; or why it stands for nothing, null
   *  where that is told elsewhere. */
  expand(macro: string): WrittenExpression | 'condition' | { readonly problem: string | null };
}

/** Says what is wrong, at an offset of the expression's text. */
export type ComplainAt = (offset: number, message: string) => void;

/** An expression over conditions alone. */
export interface ResolvedExpression {
  readonly expression: Expression;
  /** Macros that are conditions and that it names. */
  readonly macroConditions: readonly string[];
}

const MAX_PARTS = 2_000;

interface Resolver {
  readonly names: Names;
  readonly complain: ComplainAt;
  /** Something is wrong that is told elsewhere. */
  readonly fail: () => void;
  readonly macroConditions: Set<string>;
  /** Macros that are being expanded, outermost first. */
  readonly within: readonly string[];
  /** Where the outermost macro stands; errors inside a macro are told there. */
  readonly at: number | null;
  readonly counted: { parts: number; isTooLarge: boolean };
}

/** Replaces macros by what they stand for and counts out `of`; undefined after a complaint. */
export function resolveExpression(
  written: WrittenExpression,
  names: Names,
  complain: ComplainAt,
): ResolvedExpression | undefined {
  let hasComplained = false;
  const resolver: Resolver = {
    names,
    complain: (offset, message) => {
      hasComplained = true;
      complain(offset, message);
    },
    fail: () => {
      hasComplained = true;
    },
    macroConditions: new Set(),
    within: [],
    at: null,
    counted: { parts: 0, isTooLarge: false },
  };
  const expression = resolve(written, resolver);
  if (hasComplained) return undefined;
  return { expression, macroConditions: [...resolver.macroConditions] };
}

function resolve(written: WrittenExpression, resolver: Resolver): Expression {
  const { counted } = resolver;
  counted.parts += 1;
  if (counted.parts > MAX_PARTS) {
    if (!counted.isTooLarge)
      say(
        { ...resolver, within: [] },
        0,
        `comes to more than ${MAX_PARTS} parts with its macros written out`,
      );
    counted.isTooLarge = true;
    return nothing(0);
  }
  switch (written.kind) {
    case 'name':
      return resolveName(written, resolver);
    case 'not':
      return { kind: 'not', operand: resolve(written.operand, resolver) };
    case 'atLeast':
      return { ...written, operands: written.operands.map((operand) => resolve(operand, resolver)) };
    case 'of':
      return countOut(written, resolver);
  }
}

function resolveName(
  { name, offset }: Extract<WrittenExpression, { kind: 'name' }>,
  resolver: Resolver,
): Expression {
  const { names, within } = resolver;
  const at = resolver.at ?? offset;
  if (names.conditions.includes(name)) return { kind: 'name', name, offset: at };
  if (!names.macros.includes(name)) {
    if (names.mayHide(name)) resolver.fail();
    else say(resolver, offset, unknownName(name, names));
    return nothing(at);
  }
  const meaning = names.expand(name);
  if (meaning === 'condition') {
    resolver.macroConditions.add(name);
    return { kind: 'name', name, offset: at };
  }
  if ('problem' in meaning) {
    if (meaning.problem === null) resolver.fail();
    else say(resolver, offset, meaning.problem);
    return nothing(at);
  }
  return resolve(meaning, { ...resolver, within: [...within, name], at });
}

function countOut(
  { count, pattern, offset }: Extract<WrittenExpression, { kind: 'of' }>,
  resolver: Resolver,
): Expression {
  const { conditions } = resolver.names;
  const matching = pattern === 'them' ? conditions : conditions.filter(matcherOf(pattern));
  const wanted = count === 'all' ? matching.length : count;
  if (matching.length === 0) {
    say(resolver, offset, `no condition is named ${pattern}; detection has ${conditions.join(', ')}`);
  } else if (wanted < 1 || wanted > matching.length) {
    say(resolver, offset, `"${count} of ${pattern}" of ${matching.length} conditions`);
  }
  const at = resolver.at ?? offset;
  resolver.counted.parts += matching.length;
  return {
    kind: 'atLeast',
    count: wanted,
    operands: matching.map((name) => ({ kind: 'name', name, offset: at })),
  };
}

function matcherOf(pattern: string): (name: string) => boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop() ?? '';
  return (name) => {
    if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length)
      return false;
    let position = first.length;
    const end = name.length - last.length;
    for (const part of rest) {
      const found = name.indexOf(part, position);
      if (found === -1 || found + part.length > end) return false;
      position = found + part.length;
    }
    return true;
  };
}

function unknownName(name: string, { conditions, macros }: Names): string {
  if (name.includes('*'))
    return `"${name}" stands for several conditions; write 1 of ${name}, or all of ${name}`;
  const meant =
    didYouMean(name, [...conditions, ...macros]) ||
    `; detection has ${conditions.join(', ')}${macros.length === 0 ? '' : `, macros are ${macros.join(', ')}`}`;
  return `unknown condition "${name}"${meant}`;
}

function say({ complain, within, at }: Resolver, offset: number, message: string): void {
  const way = within.length > 3 ? [within[0], '…', within.at(-1)] : within;
  const inMacro = way.length === 0 ? '' : `in macro ${way.join(' > ')}: `;
  complain(at ?? offset, `${inMacro}${message}`);
}

function nothing(offset: number): Expression {
  return { kind: 'name', name: '', offset };
}
