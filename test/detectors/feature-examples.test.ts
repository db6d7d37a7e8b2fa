/** What is shown beside a feature is the project's own text: no row of a public set may be shown, let alone copied. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';

const KEY = 12;

test('every example of a shipped feature is text that was written for this project', async () => {
  const written = (await writtenTexts()).map(lettersOf).join('\u0000');
  const examples = await shippedExamples();
  assert.ok(examples.length > 10_000, `${examples.length} examples`);
  const pieces = examples
    .flatMap((text) => text.split('<unk>').map(lettersOf))
    .filter((p) => p.length >= KEY);
  const foreign = without(written, pieces);
  assert.deepEqual(foreign.slice(0, 5), [], `${foreign.length} of ${pieces.length} are not`);
});

/** The pieces that do not occur in `text`: one pass over it, and a comparison where a piece's beginning is seen. */
function without(text: string, pieces: readonly string[]): string[] {
  const sought = Map.groupBy(new Set(pieces), (piece) => piece.slice(0, KEY));
  for (let at = 0; at + KEY <= text.length; at += 1) {
    const key = text.slice(at, at + KEY);
    const left = sought.get(key)?.filter((piece) => !text.startsWith(piece, at));
    if (left !== undefined) sought.set(key, left);
  }
  return [...sought.values()].flat();
}

async function writtenTexts(): Promise<string[]> {
  const folder = 'training/written';
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  const rows = await Promise.all(names.map((name) => linesOf(`${folder}/${name}`)));
  return rows.flat().map((row) => row.text ?? textOf(row.messages ?? [], row.role ?? 'user'));
}

/** What one role says in a dialogue is read as one text; where the role says nothing, the last message is. */
function textOf(messages: readonly { role: string; content: string }[], role: string): string {
  const said = messages.filter((message) => message.role === role);
  return (said.length > 0 ? said : messages.slice(-1)).map(({ content }) => content).join('\n\n');
}

async function shippedExamples(): Promise<string[]> {
  const features = await linesOf('models/default/features.jsonl');
  return features.flatMap(({ examples }) => (examples ?? []).map(({ text }) => text));
}

interface Line {
  readonly text?: string;
  readonly role?: string;
  readonly messages?: readonly { role: string; content: string }[];
  readonly examples?: readonly { text: string }[];
}

async function linesOf(path: string): Promise<Line[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Line);
}

/** Letters and digits alone: the tokenizer changes spaces, width and case-like forms of what it reads. */
function lettersOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, '');
}
