import type { RuleProblem } from './types.ts';

/** A file's name and its text. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

const MAX_SHOWN = 60;

/** A problem at an offset of a file; line and column count from 1, columns in UTF-16 units. On an empty line it is told
 *  behind the text before it. */
export function createProblem(
  source: SourceText,
  at: number,
  message: string,
  severity: RuleProblem['severity'] = 'error',
): RuleProblem {
  const offset = lineAt(source.text, at).trim() === '' ? endOfTextBefore(source.text, at) : at;
  const { line, column } = positionOf(source.text, offset);
  return { file: source.file, line, column, message, severity, sourceLine: lineAt(source.text, offset) };
}

/** Line and column, from 1, of an offset; past the end is the end. */
export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, Math.max(0, offset)).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** A value as it is shown in a message: JSON, cut to 60 characters. */
export function showValue(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a mapping';
  const shown = JSON.stringify(value) ?? String(value);
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN - 1)}…` : shown;
}

/** By file, line and column. */
export function sortProblems(problems: readonly RuleProblem[]): readonly RuleProblem[] {
  return [...problems].sort(
    (a, b) =>
      compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.message, b.message),
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Of the text before an offset without its white space; the offset where there is none. */
function endOfTextBefore(text: string, offset: number): number {
  return text.slice(0, offset).trimEnd().length || offset;
}

function lineAt(text: string, offset: number): string {
  const start = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
  const length = text.slice(start).search(/[\r\n]/);
  return length === -1 ? text.slice(start) : text.slice(start, start + length);
}
