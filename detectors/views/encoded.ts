import type { Vocabulary } from '../tokenizer/vocabulary.ts';
import { asItIs, type MappedText, type Replacement, replaced } from './mapped-text.ts';
import { LEAST_PLAUSIBLE, perByte } from './plausibility.ts';

interface Code {
  readonly pattern: RegExp;
  decode(run: string): Uint8Array | string | null;
}

const CODES: readonly Code[] = [
  { pattern: /(?:(?:0x|\\x)?[0-9a-f]{2}[\s,:;-]?){7,}(?:0x|\\x)?[0-9a-f]{2}/gi, decode: fromHex },
  { pattern: /(?:[01]{8}[\s,]?){5,}/g, decode: fromBits },
  { pattern: /[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*={0,2}/g, decode: fromBase64 },
  { pattern: /(?:%[0-9a-f]{2}){3,}/gi, decode: (run) => Buffer.from(run.replaceAll('%', ''), 'hex') },
  { pattern: /(?:\\u[0-9a-f]{4}){3,}/gi, decode: fromUnicodeEscapes },
  { pattern: /(?:&#(?:\d{2,7}|x[0-9a-f]{1,6});){3,}/gi, decode: fromEntities },
];
/** Codes within codes are read so deep. */
const DEPTH = 2;
/** Shorter results say nothing. */
const LEAST_LENGTH = 5;
/** No text holds these; a decoder that was given something else gives them at once. */
const NO_TEXT = /(?![\t\n\r])\p{Cc}|\ufffd/u;

/** Decodes stretches in base64, hexadecimal, binary digits, percent, Unicode and HTML escapes, where text comes out. */
export function decoded(source: MappedText, vocabulary: Vocabulary): MappedText {
  return CODES.reduce((result, code) => decodedOnce(result, code, vocabulary), source);
}

function decodedOnce(source: MappedText, code: Code, vocabulary: Vocabulary): MappedText {
  const found: Replacement[] = [];
  for (const { 0: run, index } of source.text.matchAll(code.pattern)) {
    const by = readable(textOf(code.decode(run)), vocabulary, DEPTH);
    if (by !== null) found.push({ start: index, end: index + run.length, by: wholeRun(by, run.length) });
  }
  return replaced(source, found);
}

/** The text if it is one, or what it decodes to if it is a code as a whole. */
function readable(text: string | null, vocabulary: Vocabulary, depth: number): string | null {
  if (text === null || text.length < LEAST_LENGTH || NO_TEXT.test(text)) return null;
  if (perByte(vocabulary, text) >= LEAST_PLAUSIBLE) return text;
  if (depth === 0) return null;
  const inner = CODES.find(({ pattern }) => text.match(pattern)?.[0].length === text.length);
  return inner === undefined ? null : readable(textOf(inner.decode(text)), vocabulary, depth - 1);
}

/** Decoded text does not go letter by letter: all of it stands for the whole run. */
function wholeRun(text: string, length: number): MappedText {
  return { ...asItIs(text), origin: () => ({ start: 0, end: length }) };
}

function textOf(bytes: Uint8Array | string | null): string | null {
  if (bytes === null || typeof bytes === 'string') return bytes;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function fromHex(run: string): Uint8Array {
  return Buffer.from(run.replaceAll(/0x|\\x|[\s,:;-]/gi, ''), 'hex');
}

function fromBits(run: string): Uint8Array {
  return Uint8Array.from(run.match(/[01]{8}/g) ?? [], (bits) => Number.parseInt(bits, 2));
}

function fromBase64(run: string): Uint8Array {
  return Buffer.from(run.replaceAll(/\s/g, ''), 'base64');
}

function fromUnicodeEscapes(run: string): string {
  return run.replaceAll(/\\u([0-9a-f]{4})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function fromEntities(run: string): string | null {
  const codes = [...run.matchAll(/&#(x?)([0-9a-f]+);/gi)].map(([, x, digits]) =>
    Number.parseInt(digits ?? '', x === '' ? 10 : 16),
  );
  return codes.every((code) => code <= 0x10ffff) ? String.fromCodePoint(...codes) : null;
}
