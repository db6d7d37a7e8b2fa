import { RE2JS } from 're2js';
import { MAX_FIELD_LENGTH } from './fields.ts';

export const COMPARISONS = ['equals', 'contains', 'startswith', 'endswith', 'glob', 'regex'] as const;

export type ComparisonKind = (typeof COMPARISONS)[number];

/** Whether a value compares as wanted; pure and linear in the value's length. */
export type Comparison = (value: string) => boolean;

export type ComparisonResult =
  | { readonly ok: true; readonly holds: Comparison }
  | { readonly ok: false; readonly message: string };

export interface ComparisonParts {
  readonly kind: ComparisonKind;
  /** One of them must compare. */
  readonly texts: readonly string[];
  readonly ignoresCase: boolean;
}

const MAX_PATTERN_LENGTH = 256;
const MAX_INSTRUCTIONS = 500;
const MAX_PATTERNS = 100;
/** The engine's own bound. */
const REPEATS_BOUND = 'repeats within each other may come to 1000 together';
const REPEAT_LESS = 'repeat less or write several patterns';
const WRITE_RE2 = 'write it in RE2 syntax, without look-around and back-references';

/** Compiles a comparison with one or several texts; values are cut to `MAX_FIELD_LENGTH` before they are compared.
 *  `glob`: `*` is any characters, `?` is one, the rest is itself; the whole value must match. `regex`: RE2 syntax,
 *  found anywhere in the value.
 *  @returns the comparison, or why a pattern is refused */
export function compileComparison({ kind, texts, ignoresCase }: ComparisonParts): ComparisonResult {
  if (kind === 'glob' || kind === 'regex') return compilePatterns(texts, { kind, ignoresCase });
  const fold = (text: string) => (ignoresCase ? text.toLowerCase() : text);
  const wanted = texts.map(fold);
  const set = new Set(wanted);
  if (kind === 'equals') return { ok: true, holds: (value) => set.has(fold(cut(value))) };
  const compare = COMPARE[kind];
  const holds: Comparison = (value) => {
    const folded = fold(cut(value));
    return wanted.some((text) => compare(folded, text));
  };
  return { ok: true, holds };
}

const COMPARE: Readonly<
  Record<Exclude<ComparisonKind, 'equals' | 'glob' | 'regex'>, (value: string, text: string) => boolean>
> = {
  contains: (value, text) => value.includes(text),
  startswith: (value, text) => value.startsWith(text),
  endswith: (value, text) => value.endsWith(text),
};

function compilePatterns(
  texts: readonly string[],
  { kind, ignoresCase }: { readonly kind: 'glob' | 'regex'; readonly ignoresCase: boolean },
): ComparisonResult {
  const flags = RE2JS.DOTALL | (ignoresCase ? RE2JS.CASE_INSENSITIVE : 0);
  const patterns: RE2JS[] = [];
  if (texts.length > MAX_PATTERNS) {
    return { ok: false, message: `${texts.length} patterns for one ${kind}, more than ${MAX_PATTERNS}` };
  }
  for (const text of texts) {
    if (text.length > MAX_PATTERN_LENGTH) {
      return {
        ok: false,
        message: `a ${kind} of ${text.length} characters, more than ${MAX_PATTERN_LENGTH}; write several shorter ones`,
      };
    }
    const compiled = compilePattern(kind === 'glob' ? globToPattern(text) : text, flags);
    if (typeof compiled === 'string') return { ok: false, message: `${kind} ${shorten(text)}: ${compiled}` };
    patterns.push(compiled);
  }
  return {
    ok: true,
    holds: (value) => {
      const shortened = cut(value);
      return patterns.some((pattern) => pattern.test(shortened));
    },
  };
}

/** @returns the pattern, or why not */
function compilePattern(source: string, flags: number): RE2JS | string {
  try {
    const pattern = RE2JS.compile(source, flags);
    const size = pattern.programSize();
    if (size <= MAX_INSTRUCTIONS) return pattern;
    return `it comes to ${size} instructions, more than ${MAX_INSTRUCTIONS}; ${REPEAT_LESS}`;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // The flags are the engine's own way to write the options.
    const told = reason
      .replace(/^error parsing regexp: /, '')
      .replace(/\(\?[is]+\)/, '')
      .replaceAll('`', '"');
    return `${told}; ${remedyOf(told)}`;
  }
}

function remedyOf(told: string): string {
  if (told.includes('repeat count')) return REPEATS_BOUND;
  return /too large|too deep/.test(told) ? REPEAT_LESS : WRITE_RE2;
}

function globToPattern(glob: string): string {
  const parts = [...glob].map((character) => {
    if (character === '*') return '.*';
    return character === '?' ? '.' : RE2JS.quote(character);
  });
  return `^(?:${parts.join('').replace(/(?:\.\*)+/g, '.*')})$`;
}

function cut(value: string): string {
  return value.length > MAX_FIELD_LENGTH ? value.slice(0, MAX_FIELD_LENGTH) : value;
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}
