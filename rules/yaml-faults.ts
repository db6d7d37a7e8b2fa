import { type Alias, type Document, visit } from 'yaml';
import { partsAt } from './parts-at.ts';

/** A fault of syntax. */
export interface YamlFault {
  readonly offset: number;
  readonly message: string;
  /** What it may have broken, see `partsAt`. */
  readonly parts: readonly (readonly PropertyKey[])[];
  /** Whether it may be but the consequence of one before. */
  readonly follows: boolean;
}

interface Found extends Pick<YamlFault, 'offset' | 'message'> {
  readonly code: string;
}

/** Each is looked up in the document: a file that is no rule file at all may have one on every line. */
export const MAX_FAULTS = 100;

/** Faults after which the parser still reads what was meant. */
const SINGLE: ReadonlySet<string> = new Set([
  'BAD_SCALAR_START',
  'BAD_DQ_ESCAPE',
  'DUPLICATE_KEY',
  'TAG_RESOLVE_FAILED',
  'UNKNOWN_ALIAS',
]);

/** How each fault is mended, by what the parser says of it. */
const REMEDIES: readonly (readonly [message: RegExp, remedy: string])[] = [
  [/^Missing closing/, 'close the text that begins here'],
  [/^Nested mappings are not allowed/, 'put a text that has ": " in it in quotes'],
  [/^Implicit (map )?keys/, 'write ": " behind the key, and close quotes and brackets before it'],
  [/^Sequence item without -|same column$|^A block sequence/, 'indent the line as those beside it'],
  [/^Tabs are not allowed/, 'indent with spaces'],
  [/^Plain value cannot start/, 'put the text in quotes'],
  [/^Invalid escape sequence/, 'double the \\, or put the text in single quotes'],
  [/^Unresolved tag/, 'leave the tag out'],
];

/** The faults of a parsed text, in its order. Of one that leads to more (a bracket that stays open, a line that is indented
 *  otherwise) all but the first in a rule, list or macro are said to follow. Past the bound it is only said how many more
 *  there are, and that they may have broken anything. */
export function yamlFaults(text: string, document: Document.Parsed): readonly YamlFault[] {
  const all = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  const faults = all.slice(0, MAX_FAULTS).map(({ code, message, pos }): Found => {
    const offset = message.startsWith('Missing closing') ? quoteBefore(document, pos[0]) : pos[0];
    return { code, offset, message: withRemedy(message, text.slice(offset)) };
  });
  const aliases = unknownAliases(document).map((alias): Found => {
    const message = `unknown alias *${alias.source}; its anchor &${alias.source} must stand before it`;
    return { code: 'UNKNOWN_ALIAS', offset: alias.range?.[0] ?? 0, message };
  });
  const sorted = [...faults, ...aliases].sort((a, b) => a.offset - b.offset);
  const [next] = all.slice(MAX_FAULTS);
  if (next === undefined) return placed(document, sorted);
  const message = `${all.length - MAX_FAULTS} more faults of syntax from here on`;
  return [...placed(document, sorted), { offset: next.pos[0], message, parts: [[]], follows: false }];
}

function placed(document: Document.Parsed, sorted: readonly Found[]): readonly YamlFault[] {
  const astray = new Set<string>();
  return sorted.map(({ code, offset, message }) => {
    const parts = partsAt(document, offset);
    const names = parts.map((path) => JSON.stringify(path));
    const follows = names.some((name) => astray.has(name));
    if (!SINGLE.has(code)) for (const name of names) astray.add(name);
    return { offset, message, parts, follows };
  });
}

/** Aliases of anchors that do not stand before them. */
export function unknownAliases(document: Document.Parsed): readonly Alias.Parsed[] {
  const unknown: Alias.Parsed[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) === undefined) unknown.push(alias as Alias.Parsed);
    },
  });
  return unknown;
}

/** Where the quoted text begins that an offset is in: one that is not closed may end anywhere. */
function quoteBefore(document: Document.Parsed, offset: number): number {
  let found = offset;
  visit(document, {
    Scalar: (_key, { type, range }) => {
      const isQuoted = type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE';
      if (isQuoted && range && range[0] <= offset && offset <= range[2]) found = range[0];
    },
  });
  return found;
}

function withRemedy(told: string, rest: string): string {
  const message = told.split('\n')[0] ?? told;
  if (message === 'Map keys must be unique') {
    const key = /^("[^"\n]*"|'[^'\n]*'|[^\s:,]*)/.exec(rest)?.[0] ?? '';
    return `key ${key} is given twice; keep one of them`;
  }
  const remedy = REMEDIES.find(([pattern]) => pattern.test(message))?.[1];
  return remedy === undefined ? message : `${message}; ${remedy}`;
}
