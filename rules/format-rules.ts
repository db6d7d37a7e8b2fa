import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  Parser,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import { createRuleJsonSchema, schemaAt } from './json-schema.ts';
import { createProblem, type SourceText } from './problem.ts';
import { readDocument } from './read-document.ts';
import { readRuleFiles } from './read-files.ts';
import type { RuleProblem } from './types.ts';

/** A rule file, and what it looks like in canonical order and layout. */
export interface FormattedFile {
  readonly file: string;
  readonly text: string;
  readonly formatted: string;
}

export interface FormatResult {
  readonly files: readonly FormattedFile[];
  /** Files that cannot be read, or not be formatted without a loss. */
  readonly problems: readonly RuleProblem[];
}

const LAYOUT = { lineWidth: 110, indentSeq: true, flowCollectionPadding: false } as const;
/** Keys before which a file has an empty line. */
const PARTS: ReadonlySet<unknown> = new Set([
  'lists',
  'macros',
  'rules',
  'correlations',
  'filters',
  'overrides',
]);

/** Formats the rule files below paths. Nothing is written. */
export async function formatRules(paths: readonly string[]): Promise<FormatResult> {
  const { sources, problems } = await readRuleFiles(paths);
  const results = sources.map(formatSource);
  const found = results.flatMap((result) => ('message' in result ? [result] : []));
  return {
    files: results.flatMap((result) => ('formatted' in result ? [result] : [])),
    problems: [...problems, ...found],
  };
}

/** A file as `formatRules` would write it, or as it is where that cannot be done without a loss. */
export function formattedText(source: SourceText): SourceText {
  const result = formatSource(source);
  return { file: source.file, text: 'formatted' in result ? result.formatted : source.text };
}

/** Keys in the order of the schema, conditions and items in theirs; two spaces, an empty line between rules and between
 *  the parts of a file. Comments stay with what they stand before or behind. */
function formatSource(source: SourceText): FormattedFile | RuleProblem {
  const read = readDocument(source);
  if (!read.ok) return read.problems[0] ?? createProblem(source, 0, 'cannot be read');
  const formatted = settled(source.text);
  const again = readDocument({ file: source.file, text: formatted });
  const isSame =
    again.ok &&
    isDeepStrictEqual(again.document.data, read.document.data) &&
    isDeepStrictEqual(commentsOf(formatted), commentsOf(source.text));
  if (isSame) return { file: source.file, text: source.text, formatted };
  const reason = 'cannot be formatted without a loss (an alias before its anchor, a comment without a place)';
  return createProblem(source, 0, reason);
}

/** Formatted until formatting changes nothing more: a comment that comes to stand first in an item is then one before it.
 *  Empty where that has no end. */
function settled(text: string): string {
  let before = text;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const document = parseDocument(before, { version: '1.2', stringKeys: true });
    order(document.contents, []);
    layOut(document);
    const after = written(document);
    if (after === before) return after;
    before = after;
  }
  return '';
}

const MAX_PASSES = 6;

/** Empty where an alias would come before its anchor, which the writer refuses. */
function written(document: Document.Parsed): string {
  try {
    return document.toString(LAYOUT);
  } catch {
    return '';
  }
}

const SCHEMA = createRuleJsonSchema();

function order(node: unknown, path: readonly PropertyKey[]): void {
  if (isSeq(node)) for (const [i, item] of node.items.entries()) order(item, [...path, i]);
  if (!isMap(node)) return;
  const known = Object.keys(schemaAt(SCHEMA, path)?.properties ?? {});
  const rank = (key: unknown) => {
    const at = known.indexOf(String(isScalar(key) ? key.value : key));
    return at < 0 ? known.length : at;
  };
  const before = node.items[0]?.key;
  node.items.sort((a, b) => rank(a.key) - rank(b.key));
  const after = node.items[0]?.key;
  if (isScalar(before) && isScalar(after) && before !== after) {
    after.spaceBefore = false;
    if (path.length === 0) keepOnTop(before, after);
  }
  for (const { key, value } of node.items) {
    order(value, [...path, String(isScalar(key) ? key.value : key)]);
  }
}

/** What a file begins with is of the file, not of the key that happens to follow. */
function keepOnTop(before: Scalar, after: Scalar): void {
  const comments = [before.commentBefore, after.commentBefore].filter((one) => one != null);
  before.commentBefore = null;
  after.commentBefore = comments.join('\n');
}

function layOut(document: Document.Parsed): void {
  const { contents } = document;
  // An empty line behind a comment would be written beside the one that is put before the next item, and again each time.
  visit(document, {
    Node: (_key, node) => {
      if (node.comment) node.comment = node.comment.trimEnd();
    },
  });
  if (!isMap(contents) || contents.flow) return;
  for (const [i, pair] of contents.items.entries()) {
    if (!isScalar(pair.key)) continue;
    const isPart = PARTS.has(pair.key.value);
    pair.key.spaceBefore = i > 0 && isPart;
    if (isPart && isSeq(pair.value)) spread(pair.value.items as Node[]);
  }
}

function spread(items: readonly Node[]): void {
  for (const [i, item] of items.entries()) if (!isPair(item)) item.spaceBefore = i > 0;
}

/** All comments, in the order of the alphabet: they may have moved with their keys. */
function commentsOf(text: string): string[] {
  const comments: string[] = [];
  const visit = (token: unknown): void => {
    if (Array.isArray(token)) token.forEach(visit);
    else if (typeof token === 'object' && token !== null) {
      const { type, source } = token as { readonly type?: string; readonly source?: string };
      if (type === 'comment') comments.push((source ?? '').trim());
      for (const value of Object.values(token)) if (typeof value === 'object') visit(value);
    }
  };
  for (const token of new Parser().parse(text)) visit(token);
  return comments.sort();
}
