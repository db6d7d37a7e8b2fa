import { styleText } from 'node:util';
import type { RuleProblem } from './types.ts';

export interface FormatOptions {
  /** ANSI colours, for a terminal. */
  readonly isColoured?: boolean;
}

type Style = Parameters<typeof styleText>[0];

const MAX_WIDTH = 100;

/** Problems for people: `file:line:column: error: message`, then the line and a caret under the column. */
export function formatProblems(problems: readonly RuleProblem[], options: FormatOptions = {}): string {
  return problems.map((problem) => formatProblem(problem, options)).join('\n');
}

function formatProblem(problem: RuleProblem, { isColoured = false }: FormatOptions): string {
  const paint = (style: Style, text: string) =>
    isColoured ? styleText(style, text, { validateStream: false }) : text;
  const { file, line, column, message, severity, sourceLine } = problem;
  const kind = paint(severity === 'error' ? 'red' : 'yellow', severity);
  const head = `${paint('bold', `${file}:${line}:${column}`)}: ${kind}: ${message}\n`;
  if (sourceLine.trim() === '') return head;
  const { text, caret } = cutAround(sourceLine, column);
  const gutter = String(line);
  const blank = ' '.repeat(gutter.length);
  return `${head}  ${gutter} | ${text}\n  ${blank} | ${' '.repeat(caret)}${paint('red', '^')}\n`;
}

/** The part of a line around a column, and where the caret goes under it. Tabs and other control characters become
 *  spaces, so that the caret stands right and nothing reaches the terminal as a command. */
function cutAround(line: string, column: number): { readonly text: string; readonly caret: number } {
  const clean = line.replace(/\p{Cc}/gu, ' ');
  const start = Math.max(0, Math.min(column - 1 - MAX_WIDTH / 2, clean.length - MAX_WIDTH));
  const end = Math.min(clean.length, start + MAX_WIDTH);
  const before = start > 0 ? '…' : '';
  const after = end < clean.length ? '…' : '';
  const text = `${before}${clean.slice(start, end)}${after}`;
  return { text, caret: column - 1 - start + before.length };
}
