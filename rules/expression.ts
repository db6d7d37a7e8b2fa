import { EXPRESSION_WORDS } from './schema.ts';

/** A condition expression. `atLeast` holds when `count` of its operands do: `or` is 1 of them, `and` is all. */
export type Expression =
  | { readonly kind: 'name'; readonly name: string; readonly offset: number }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'atLeast'; readonly count: number; readonly operands: readonly Expression[] };

export type ParseResult =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly offset: number; readonly message: string };

interface Token {
  readonly text: string;
  readonly offset: number;
}

/** The reading position; an error is thrown as `Unparsable` and never leaves this file. */
interface Reader {
  readonly tokens: readonly Token[];
  readonly names: readonly string[];
  readonly end: number;
  position: number;
  depth: number;
}

const MAX_DEPTH = 32;
const TOKEN = /\s+|[()]|[A-Za-z0-9_]+|[^\s()A-Za-z0-9_]/g;

class Unparsable extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** Parses `a and (b or not c)`, `1 of them`, `all of them`; `not` binds tightest, then `and`, then `or`.
 *  @param names - the rule's conditions, which `them` stands for
 *  @returns the expression, or what is wrong and at which offset of the text */
export function parseExpression(text: string, names: readonly string[]): ParseResult {
  const tokens = tokenize(text);
  const reader: Reader = { tokens, names, end: text.trimEnd().length, position: 0, depth: 0 };
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

function parseOr(reader: Reader): Expression {
  return parseChain(reader, { word: 'or', parseOperand: parseAnd, countOf: () => 1 });
}

function parseAnd(reader: Reader): Expression {
  return parseChain(reader, { word: 'and', parseOperand: parseUnary, countOf: (operands) => operands });
}

interface Chain {
  readonly word: string;
  readonly parseOperand: (reader: Reader) => Expression;
  readonly countOf: (operands: number) => number;
}

function parseChain(reader: Reader, { word, parseOperand, countOf }: Chain): Expression {
  const first = parseOperand(reader);
  const operands = [first];
  while (peek(reader)?.text === word) {
    reader.position += 1;
    operands.push(parseOperand(reader));
  }
  return operands.length === 1 ? first : { kind: 'atLeast', count: countOf(operands.length), operands };
}

function parseUnary(reader: Reader): Expression {
  const token = peek(reader);
  if (token === undefined) throw unexpectedEnd(reader);
  reader.position += 1;
  if (token.text === 'not' || token.text === '(') return parseNested(reader, token);
  if (token.text === 'all' || /^\d+$/.test(token.text)) return parseOf(reader, token);
  return parseName(reader, token);
}

function parseNested(reader: Reader, token: Token): Expression {
  reader.depth += 1;
  if (reader.depth > MAX_DEPTH) throw new Unparsable(token.offset, `nested deeper than ${MAX_DEPTH}`);
  const operand = token.text === 'not' ? parseUnary(reader) : parseOr(reader);
  if (token.text === '(') expect(reader, ')');
  reader.depth -= 1;
  return token.text === 'not' ? { kind: 'not', operand } : operand;
}

function parseOf(reader: Reader, token: Token): Expression {
  expect(reader, 'of');
  expect(reader, 'them');
  const operands = reader.names.map((name) => ({ kind: 'name' as const, name, offset: token.offset }));
  const count = token.text === 'all' ? operands.length : Number(token.text);
  if (count >= 1 && count <= operands.length) return { kind: 'atLeast', count, operands };
  throw new Unparsable(token.offset, `"${token.text} of them" of ${operands.length} conditions`);
}

function parseName(reader: Reader, token: Token): Expression {
  if (/^\w+$/.test(token.text) && !EXPRESSION_WORDS.includes(token.text)) {
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
