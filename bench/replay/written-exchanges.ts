import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from '../../detectors/index.ts';

/** One text of an exchange. */
export interface WrittenText {
  readonly role: Role;
  readonly text: string;
}

interface WrittenRow {
  readonly role: Role;
  readonly text?: string;
  readonly messages?: readonly { readonly role: Role; readonly content: string }[];
}

const WRITTEN = 'training/written';
const TEXTS_AN_EXCHANGE = 8;
/** A prime that does not divide how many rows there are: steps of it reach every row, far from the one before. */
const STEP = 7919;

/** Exchanges of eight texts, without end and the same each time: the rows that were written for training, each once, in an
 *  order that mixes them; then each joined with another row, so that no text comes twice. */
export function* writtenExchanges(): Generator<readonly WrittenText[]> {
  const texts = readTexts();
  for (let round = 0; ; round++) {
    for (let i = 0; i < texts.length; i += TEXTS_AN_EXCHANGE) {
      const places = Array.from({ length: TEXTS_AN_EXCHANGE }, (_, k) => i + k);
      yield places.filter((place) => place < texts.length).map((place) => textAt(texts, place, round));
    }
  }
}

function textAt(texts: readonly WrittenText[], place: number, round: number): WrittenText {
  const pick = (k: number) => texts[(k * STEP) % texts.length] ?? { role: 'user', text: '' };
  const { role, text } = pick(place);
  return { role, text: round === 0 ? text : `${text}\n\n${pick(place + round).text}` };
}

function readTexts(): WrittenText[] {
  const files = readdirSync(WRITTEN).filter((name) => name.endsWith('.jsonl'));
  const rows = files.sort().flatMap((name) => {
    const lines = readFileSync(join(WRITTEN, name), 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as WrittenRow);
  });
  return rows.flatMap(({ role, text, messages }) =>
    messages === undefined
      ? [{ role, text: text ?? '' }]
      : messages.map((message) => ({ role: message.role, text: message.content })),
  );
}
