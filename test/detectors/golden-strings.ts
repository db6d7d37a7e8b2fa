// The generator of `training/export_strings.py`, repeated: the same seed gives the same strings.
const WORDS = [
  'hello',
  ' world',
  'The',
  'quick',
  'brown',
  'naïve',
  'Straße',
  'ﬁne',
  'ﷺ',
  '①②',
  'ＦＵＬＬ',
  'e\u0301a\u0308',
  'Привет',
  'мир',
  'こんにちは',
  'カタカナ',
  '世界',
  '你好，',
  '안녕하세요',
  'مرحبا',
  'שלום',
  'नमस्ते',
  'สวัสดี',
  'ខ្មែរ',
  '👩‍👩‍👧‍👦',
  '🏳️‍🌈',
  '🦜',
  '<unk>',
  '</s>',
  '<s>',
  '<pad>',
  '<mask>',
  '▁',
  'query: ',
  'https://example.org/?q=1&r=%20',
  '\r\n',
  'null',
  "' OR 1=1 --",
  '<script>',
  '{"a":[1,2]}',
  '$(x)',
  '../..',
  '0x1F',
  '3.14159',
  '…',
  '——',
  '\u200b',
  '\u00ad',
  '\ufeff',
  '\u202e',
  '\ud83d',
  '\udc00',
  'Ω≈ç√',
  '½',
  'ǆ',
  'İ',
  '\u0000',
  '\u0007',
  'supercalifragilistic',
];
const BLOCKS: readonly (readonly [number, number])[] = [
  [0x20, 0x7e],
  [0xa0, 0x24f],
  [0x300, 0x36f],
  [0x370, 0x52f],
  [0x590, 0x6ff],
  [0x900, 0xdff],
  [0xe00, 0xeff],
  [0x1000, 0x11ff],
  [0x1e00, 0x1fff],
  [0x2000, 0x22ff],
  [0x2460, 0x27bf],
  [0x3000, 0x33ff],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
  [0xd800, 0xdfff],
  [0xe000, 0xe0ff],
  [0xf900, 0xfffd],
  [0x10000, 0x103ff],
  [0x1d400, 0x1d7ff],
  [0x1f300, 0x1faff],
  [0x20000, 0x203ff],
  [0x0, 0x1f],
];
const SPACES = [' ', '  ', '\t', '\n', '\u3000', '\u00a0', '   '];

type Below = (limit: number) => number;

function createMulberry32(seed: number): Below {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1) >>> 0;
    t = (t ^ (t + (Math.imul(t ^ (t >>> 7), t | 61) >>> 0))) >>> 0;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

function from<T>(choices: readonly T[], below: Below): T {
  return choices[below(choices.length)] as T;
}

function codePoint([low, high]: readonly [number, number], below: Below): string {
  return String.fromCodePoint(low + below(high - low + 1));
}

function nextPart(below: Below): string {
  const kind = below(8);
  if (kind < 4) return from(WORDS, below);
  if (kind < 6) {
    const block = from(BLOCKS, below);
    const length = 1 + below(9);
    return Array.from({ length }, () => codePoint(block, below)).join('');
  }
  if (kind === 6 || below(24) > 0) return from(SPACES, below);
  const character = codePoint(from(BLOCKS, below), below);
  return character.repeat(1 + below(1200));
}

/** `count` strings of words, code points of many blocks, unpaired surrogates, spaces and long runs. */
export function goldenStrings(seed: number, count: number): string[] {
  const below = createMulberry32(seed);
  return Array.from({ length: count }, () => {
    const parts = below(14);
    return Array.from({ length: parts }, () => nextPart(below)).join('');
  });
}
