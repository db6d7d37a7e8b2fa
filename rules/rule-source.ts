import { createProblem, positionOf } from './problem.ts';
import type { RuleDocument } from './read-document.ts';
import type { RuleDefinition } from './schema.ts';
import type { RuleProblem } from './types.ts';

/** A value of a file. */
export interface Place {
  readonly document: RuleDocument;
  readonly path: readonly PropertyKey[];
}

/** A stretch of a condition expression, and the scalar that it is written in. */
export interface Piece extends Place {
  readonly text: string;
  /** Where it begins in the whole expression. */
  readonly offset: number;
}

/** A rule as it is to be compiled, and where each of its parts is written: changes stand in other files. */
export interface RuleSource {
  readonly definition: RuleDefinition;
  /** The file that the rule itself stands in. */
  readonly document: RuleDocument;
  /** Where the value at a path of the definition is written. */
  locate(path: readonly PropertyKey[]): Place;
  /** Of the condition expression, in their order. */
  readonly pieces: readonly Piece[];
}

/** A rule as it stands in its file. */
export function createRuleSource(definition: RuleDefinition, { document, path }: Place): RuleSource {
  const condition = [...path, 'condition'];
  return {
    definition,
    document,
    locate: (below) => ({ document, path: [...path, ...below] }),
    pieces: [{ document, path: condition, text: definition.condition, offset: 0 }],
  };
}

/** A problem at a value, or at its key. */
export function problemAt(
  { document, path }: Place,
  message: string,
  { severity, isKey }: { readonly severity: RuleProblem['severity']; readonly isKey: boolean },
): RuleProblem {
  return createProblem(document.source, document.offsetOf(path, isKey), message, severity);
}

/** A place for people: file:line:column. */
export function placeOf({ document, path }: Place): string {
  const { source } = document;
  const { line, column } = positionOf(source.text, document.offsetOf(path));
  return `${source.file}:${line}:${column}`;
}
