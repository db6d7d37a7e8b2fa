import type { Framing } from '../dialects/dialect.ts';

/** A frame's bytes with other data in the place of its event's.
 *  @param data - as it was read: the lines of several joined */
export function replaceData(
  bytes: Buffer,
  { framing, data, fresh }: { readonly framing: Framing; readonly data: string; readonly fresh: string },
): Buffer {
  const text = bytes.toString('utf8');
  if (framing === 'array') return Buffer.from(replaced(text, data, fresh));
  const lines = text.split(/(?<=\r\n|\n|\r(?!\n))/);
  const first = lines.findIndex(isData);
  if (!data.includes('\n')) {
    // Comments may say the same.
    return Buffer.from(lines.map((line) => (isData(line) ? replaced(line, data, fresh) : line)).join(''));
  }
  const rest = lines.filter((line, index) => index !== first && !isData(line));
  const written = fresh.split('\n').map((line) => `data: ${line}\n`);
  return Buffer.from([...rest.slice(0, first), ...written, ...rest.slice(first)].join(''));
}

function replaced(text: string, data: string, fresh: string): string {
  const at = text.indexOf(data);
  return at === -1 ? text : text.slice(0, at) + fresh + text.slice(at + data.length);
}

function isData(line: string): boolean {
  return /^\uFEFF?data(:|\r|\n|$)/.test(line);
}
