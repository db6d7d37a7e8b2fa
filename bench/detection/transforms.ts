/** Ways in which a text is disguised, each of which leaves it readable to a person or to a decoder. */
export const TRANSFORMS: Readonly<Record<string, (text: string) => string>> = {
  'upper case': (text) => text.toUpperCase(),
  'full width': (text) => mapCharacters(text, (c) => (c > '\u0020' && c < '\u007f' ? shifted(c, 0xfee0) : c)),
  'zero-width marks': (text) => [...text].join('\u200b'),
  'look-alike letters': (text) =>
    replaceLetters(text, { a: 'а', e: 'е', o: 'о', p: 'р', c: 'с', x: 'х', i: 'і' }),
  leet: (text) => replaceLetters(text, { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' }),
  'spaced letters': (text) =>
    text
      .split(' ')
      .map((word) => [...word].join(' '))
      .join('   '),
  rot13: (text) => mapCharacters(text, rotated),
  base64: (text) => Buffer.from(text).toString('base64'),
  hex: (text) => Buffer.from(text).toString('hex'),
};

function mapCharacters(text: string, change: (character: string) => string): string {
  return [...text].map(change).join('');
}

function replaceLetters(text: string, table: Readonly<Record<string, string>>): string {
  return mapCharacters(text, (character) => table[character.toLowerCase()] ?? character);
}

function shifted(character: string, by: number): string {
  return String.fromCodePoint((character.codePointAt(0) ?? 0) + by);
}

function rotated(character: string): string {
  if (!/[a-z]/i.test(character)) return character;
  const base = character < 'a' ? 65 : 97;
  return String.fromCharCode(((character.charCodeAt(0) - base + 13) % 26) + base);
}
