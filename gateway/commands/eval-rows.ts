import { z } from 'zod';
import type { Role } from '../../detectors/index.ts';
import { nearest } from '../config/nearest.ts';
import { CommandFailure } from './command.ts';
import { readText } from './read-text.ts';
import { ROLE_NAMES, ROLE_OF_NAME } from './roles.ts';

const role = z
  .string()
  .refine((name) => ROLE_OF_NAME.has(name), { error: `unknown role; known: ${ROLE_NAMES}` })
  .transform((name) => ROLE_OF_NAME.get(name) as Role);

const label = z
  .union([z.literal(0), z.literal(1), z.boolean().transform((isTrue) => (isTrue ? 1 : 0))], {
    error: 'must be 0 or 1',
  })
  .nullish();

/** A message's text: a string, nothing beside a tool call, or the text of its parts. */
const content = z
  .union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))], {
    error: 'must be a text, null, or a list of parts',
  })
  .nullish()
  .transform((given) =>
    typeof given === 'string' ? given : (given ?? []).flatMap(({ text }) => text ?? []).join('\n'),
  );

const rowSchema = z
  .looseObject({
    text: z.string().nullish(),
    messages: z.array(z.looseObject({ role, content })).nullish(),
    labels: z.record(z.string(), label).nullish(),
    role: role.nullish(),
    topic: z.string().nullish(),
    route: z.string().min(1).max(1_024).nullish(),
  })
  .refine(({ text, messages }) => (text == null) !== (messages == null), {
    error: 'must have either text or messages',
  });

/** One segment that is judged. */
export interface JudgedSegment {
  readonly role: Role;
  readonly text: string;
}

/** A row of a labelled file. */
export interface EvalRow {
  /** In the file, from 1. */
  readonly line: number;
  readonly labels: ReadonlyMap<string, 0 | 1>;
  readonly topic: string | null;
  /** Of the exchange, as rules call it. */
  readonly route: string | null;
  /** At least one. */
  readonly segments: readonly JudgedSegment[];
}

/** Reads and checks a whole JSON-lines file, so that a bad row is found before anything is scored.
 *  @throws {CommandFailure} naming file and line of the first bad row, or that there is none */
export async function readEvalRows(file: string): Promise<EvalRow[]> {
  const lines = (await readText(file)).split(/\r?\n/);
  const rows = lines.flatMap((text, index) =>
    text.trim() === '' ? [] : [parseRow(text, index + 1, `${file}:${index + 1}`)],
  );
  if (rows.length === 0) throw new CommandFailure(`${file}: holds no rows`);
  return rows;
}

/** The rows that carry a label.
 *  @throws {CommandFailure} where none does, naming the labels that are there */
export function rowsWithLabel(file: string, rows: readonly EvalRow[], label: string): EvalRow[] {
  const labelled = rows.filter(({ labels }) => labels.has(label));
  if (labelled.length > 0) return labelled;
  const there = [...new Set(rows.flatMap(({ labels }) => [...labels.keys()]))].sort();
  const near = nearest(label, there);
  const meant = near === null ? '' : `; did you mean ${near}?`;
  throw new CommandFailure(
    `${file}: no row has the label ${label}; labels there: ${there.join(', ') || 'none'}${meant}`,
  );
}

function parseRow(text: string, line: number, place: string): EvalRow {
  const parsed = rowSchema.safeParse(parseJson(text, place));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path.join('.') ?? '';
    throw new CommandFailure(`${place}: ${path === '' ? '' : `${path}: `}${issue?.message}`);
  }
  const row = parsed.data;
  const messages = row.messages?.map(({ role, content }) => ({ role, text: content }));
  const all = messages ?? [{ role: row.role ?? 'user', text: row.text ?? '' }];
  const segments = row.role ? all.filter((segment) => segment.role === row.role) : all;
  if (segments.length === 0) {
    const what =
      all.length === 0 ? 'messages is empty' : `no message has the role ${row.role}, which is to be judged`;
    throw new CommandFailure(`${place}: ${what}`);
  }
  const labels = Object.entries(row.labels ?? {}).filter(
    (entry): entry is [string, 0 | 1] => entry[1] != null,
  );
  const { topic = null, route = null } = row;
  return { line, labels: new Map(labels), topic, route, segments };
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CommandFailure(`${place}: is not JSON: ${(cause as Error).message}`, { cause });
  }
}
