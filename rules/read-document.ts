import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  Scalar,
  visit,
} from 'yaml';
import { checkLimits, MAX_ALIASES, MAX_BYTES } from './document-limits.ts';
import { createProblem, type SourceText } from './problem.ts';
import type { RuleProblem } from './types.ts';
import { MAX_FAULTS, unknownAliases, type YamlFault, yamlFaults } from './yaml-faults.ts';

/** A parsed file: plain data, and where each value stands. */
export interface RuleDocument {
  readonly source: SourceText;
  readonly data: unknown;
  /** Offset of the value at a path, of its key with `isKey`; of the nearest enclosing value where there is none. */
  offsetOf(path: readonly PropertyKey[], isKey?: boolean): number;
  /** The source range [start, end) of the scalar at a path. */
  rangeOf(path: readonly PropertyKey[]): readonly [number, number];
}

export type ReadResult =
  | { readonly ok: true; readonly document: RuleDocument }
  | {
      readonly ok: false;
      readonly problems: readonly RuleProblem[];
      /** What the parser made of the rest, where there is any. */
      readonly rest?: BrokenDocument;
    };

/** A document with faults of syntax. */
export interface BrokenDocument {
  readonly document: RuleDocument;
  /** What the faults may have broken: nothing is to be said of these parts. */
  readonly broken: readonly (readonly PropertyKey[])[];
}

/** Reads one YAML 1.2 document (core schema: no merge keys, no dates, no custom tags) within fixed limits.
 *  All syntax errors are reported, each with its position; what they leave whole can still be checked. */
export function readDocument(source: SourceText): ReadResult {
  const refuse = (problems: readonly RuleProblem[]): ReadResult => ({ ok: false, problems });
  const size = Buffer.byteLength(source.text);
  if (size > MAX_BYTES) {
    return refuse([createProblem(source, 0, `the file has ${size} bytes, more than ${MAX_BYTES}; split it`)]);
  }
  const limit = checkLimits(source.text);
  if (limit !== undefined) return refuse([createProblem(source, limit.offset, limit.message)]);
  const documents = parseAllDocuments(source.text, {
    version: '1.2',
    stringKeys: true,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter: new LineCounter(),
  });
  if (!Array.isArray(documents)) return refuse([createProblem(source, 0, 'the file is empty')]);
  const [document, ...others] = documents;
  if (document === undefined) return refuse([createProblem(source, 0, 'the file is empty')]);
  const faults = yamlFaults(source.text, document);
  const [second] = others;
  const problems = [...faults, ...(second === undefined ? [] : [secondDocument(second)])];
  for (const other of others) {
    if (problems.length > MAX_FAULTS) break;
    problems.push(...yamlFaults(source.text, other));
  }
  if (problems.length > 0) {
    const told = problems.filter(({ follows }) => !follows);
    const refusals = told.map(({ offset, message }) => createProblem(source, offset, message));
    return { ok: false, problems: refusals, ...restOf(source, document, faults) };
  }
  if (document.contents === null) return refuse([createProblem(source, 0, 'the file is empty')]);
  return resolve(source, document);
}

function secondDocument({ contents, range }: Document.Parsed): YamlFault {
  const message = 'a second document begins here; a rule file holds one';
  return { offset: contents?.range?.[0] ?? range[0], message, parts: [], follows: false };
}

/** What can still be checked of a document with faults. */
function restOf(
  source: SourceText,
  document: Document.Parsed,
  faults: readonly YamlFault[],
): { rest?: BrokenDocument } {
  const broken = faults.flatMap(({ parts }) => parts);
  if (!isMap(document.contents) || broken.some((path) => path.length === 0)) return {};
  const unknown = new Set<unknown>(unknownAliases(document));
  visit(document, { Alias: (_key, alias) => (unknown.has(alias) ? new Scalar(null) : undefined) });
  const resolved = resolve(source, document);
  return resolved.ok ? { rest: { document: resolved.document, broken } } : {};
}

function resolve(source: SourceText, document: Document.Parsed): ReadResult {
  try {
    const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return {
      ok: true,
      document: {
        source,
        data,
        offsetOf: (path, isKey = false) => locate(document, path, isKey)?.range?.[0] ?? 0,
        rangeOf: (path) => {
          const range = locate(document, path, false)?.range;
          return [range?.[0] ?? 0, range?.[1] ?? 0];
        },
      },
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `aliases cannot be resolved: ${reason}`;
    return { ok: false, problems: [createProblem(source, firstAlias(document), message)] };
  }
}

function locate(document: Document.Parsed, path: readonly PropertyKey[], isKey: boolean): Node | undefined {
  let node = document.contents as Node | null | undefined;
  for (const [depth, key] of path.entries()) {
    const next = child(document, node, key, isKey && depth === path.length - 1);
    if (next === undefined) break;
    node = next;
  }
  return node ?? undefined;
}

function child(
  document: Document.Parsed,
  parent: Node | null | undefined,
  key: PropertyKey,
  isKey: boolean,
): Node | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node)) return (node.items[Number(key)] ?? undefined) as Node | undefined;
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
  if (pair === undefined) return undefined;
  return (isKey ? pair.key : (pair.value ?? pair.key)) as Node;
}

function firstAlias(document: Document.Parsed): number {
  let offset = 0;
  visit(document, {
    Alias: (_key, alias) => {
      offset = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}
