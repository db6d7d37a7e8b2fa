import { EXPRESSION_WORDS } from './schema.ts';

/** A condition expression over conditions. `atLeast` holds when `count` of its operands do: `or` is 1 of them, `and`
 *  is all. */
export type Expression =
  | { readonly kind: 'name'; readonly name: string; readonly offset: number }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'atLeast'; readonly count: number; readonly operands: readonly Expression[] };

/** An expression as it is written: names may be macros, and `2 of lies_*` is still to be counted out. */
export type WrittenExpression =
  | { readonly kind: 'name'; readonly name: string; readonly offset: number }
  | { readonly kind: 'not'; readonly operand: WrittenExpression }
  | { readonly kind: 'atLeast'; readonly count: number; readonly operands: readonly WrittenExpression[] }
  | {
      readonly kind: 'of';
      readonly count: number | 'all';
      /** `them`, or a name with `*` for any characters. */
      readonly pattern: string;
      readonly offset: number;
    };

export type ParseResult =
  | { readonly ok: true; readonly expression: WrittenExpression }
  | { readonly ok: false; readonly offset: number; readonly message: string };

interface Token {
  readonly text: string;
  readonly offset: number;
}

/** The reading position; an error is thrown as `Unparsable` and never leaves this file. */
interface Reader {
  readonly tokens: readonly Token[];
  readonly end: number;
  position: number;
  depth: number;
}

const MAX_DEPTH = 32;
const OPERANDS = '"them" or names with a *, such as lies_*';
const TOKEN = /\s+|[()]|[A-Za-z0-9_*]+|[^\s()A-Za-z0-9_*]/g;

class Unparsable extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** Parses `a and (b or not c)`, `1 of them`, `all of lies_*`; `not` binds tightest, then `and`, then `or`.
 *  @returns the expression, or what is wrong and at which offset of the text */
export function parseExpression(text: string): ParseResult {
  const tokens = tokenize(text);
  const reader: Reader = { tokens, end: text.trimEnd().length, position: 0, depth: 0 };
  try {
    const expression = parseOr(reader);
    const rest = peek(reader);
    if (rest === undefined) return { ok: true, expression };
    throw new Unparsable(rest.offset, `expected "and", "or" or the end, found "${rest.text}"`);
  } catch (error) {
    if (error instanceof Unparsable) return { ok: false, offset: error.offset, message: error.message };
    throw error;
  }
}

function tokenize(text: string): Token[] {
  const matches = [...text.matchAll(TOKEN)].map((match) => ({ text: match[0], offset: match.index }));
  return matches.filter((token) => token.text.trim() !== '');
}

function parseOr(reader: Reader): WrittenExpression {
  return parseChain(reader, { word: 'or', parseOperand: parseAnd, countOf: () => 1 });
}

function parseAnd(reader: Reader): WrittenExpression {
  return parseChain(reader, { word: 'and', parseOperand: parseUnary, countOf: (operands) => operands });
}

interface Chain {
  readonly word: string;
  readonly parseOperand: (reader: Reader) => WrittenExpression;
  readonly countOf: (operands: number) => number;
}

function parseChain(reader: Reader, { word, parseOperand, countOf }: Chain): WrittenExpression {
  const first = parseOperand(reader);
  const operands = [first];
  while (peek(reader)?.text === word) {
    reader.position += 1;
    operands.push(parseOperand(reader));
  }
  return operands.length === 1 ? first : { kind: 'atLeast', count: countOf(operands.length), operands };
}

function parseUnary(reader: Reader): WrittenExpression {
  const token = peek(reader);
  if (token === undefined) throw unexpectedEnd(reader);
  reader.position += 1;
  if (token.text === 'not' || token.text === '(') return parseNested(reader, token);
  if (token.text === 'all' || /^\d+$/.test(token.text)) return parseOf(reader, token);
  return parseName(reader, token);
}

function parseNested(reader: Reader, token: Token): WrittenExpression {
  reader.depth += 1;
  if (reader.depth > MAX_DEPTH) throw new Unparsable(token.offset, `nested deeper than ${MAX_DEPTH}`);
  const operand = token.text === 'not' ? parseUnary(reader) : parseOr(reader);
  if (token.text === '(') expect(reader, ')');
  reader.depth -= 1;
  return token.text === 'not' ? { kind: 'not', operand } : operand;
}

function parseOf(reader: Reader, token: Token): WrittenExpression {
  expect(reader, 'of');
  const pattern = peek(reader);
  if (pattern === undefined) throw new Unparsable(reader.end, `expected ${OPERANDS}, found the end`);
  if (pattern.text !== 'them' && !/^\w*\*[\w*]*$/.test(pattern.text)) {
    throw new Unparsable(pattern.offset, `expected ${OPERANDS}, found "${pattern.text}"`);
  }
  reader.position += 1;
  const count = token.text === 'all' ? 'all' : Number(token.text);
  return { kind: 'of', count, pattern: pattern.text, offset: token.offset };
}

function parseName(reader: Reader, token: Token): WrittenExpression {
  if (/^[\w*]*\w[\w*]*$/.test(token.text) && !EXPRESSION_WORDS.includes(token.text)) {
    return { kind: 'name', name: token.text, offset: token.offset };
  }
  const word = reader.tokens[reader.position - 2]?.text;
  const where = word === undefined ? '' : ` after "${word}"`;
  throw new Unparsable(token.offset, `expected a condition, "not" or "("${where}, found "${token.text}"`);
}

function expect(reader: Reader, text: string): void {
  const token = peek(reader);
  if (token === undefined) throw new Unparsable(reader.end, `expected "${text}", found the end`);
  if (token.text !== text) throw new Unparsable(token.offset, `expected "${text}", found "${token.text}"`);
  reader.position += 1;
}

function peek(reader: Reader): Token | undefined {
  return reader.tokens[reader.position];
}

function unexpectedEnd(reader: Reader): Unparsable {
  return new Unparsable(reader.end, 'expected a condition, "not" or "(", found the end');
}
