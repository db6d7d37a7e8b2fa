import { z } from 'zod';
import type { KeptActivations } from '../../../detectors/index.ts';
import {
  exchangeOf,
  headFields,
  headOf,
  type ReadExchange,
  type ReadingAbout,
  type ReadSegment,
  type ReviewedAs,
  readingAbout,
} from '../../../rules/index.ts';
import { activationsCrc } from './activations-crc.ts';

/** What `rules replay --from` needs of an exchange beside its rows: the JSON in the column `replay` of its first row. */
export interface ReplayCell {
  readonly exchangeId: string;
  readonly conversationId: string;
  /** ISO 8601, UTC. */
  readonly endedAt: string;
  readonly reviewed: ReviewedAs | null;
  /** What reviewers said of records that are of no exchange and began when this one ended, or before. */
  readonly late: readonly LateReview[];
  /** Up to when the export knew of exchanges. */
  readonly until: string;
  /** How many rows it has in the file. */
  readonly rows: number;
  readonly exchange: ReadExchange<ReadingRows>;
}

/** A record of no exchange that was reviewed, see `ReviewedLate`. */
export type LateReview = z.infer<typeof lateSchema>;

/** A reading whose activations lie in rows of the file. */
export interface ReadingRows extends ReadingAbout {
  readonly tokens: number;
  readonly rows: number;
  /** Of its activations, see `activationsCrc`. */
  readonly crc: number;
}

/** Goes up when the meaning of the column changes. */
const VERSION = 1;
const MAX_CELL_LENGTH = 16 * 1024 * 1024;
/** Of one exchange; the gateway's own bounds stay far below. */
const MAX_TOKENS = 4 * 1024 * 1024;

const reviewedSchema = z.enum(['correct', 'false_alarm']);
const time = z.iso.datetime();
/** Ids and names are shown on terminals. */
const shown = z.string().regex(/^\P{Cc}*$/u);

const lateSchema = z.strictObject({
  exchangeId: shown,
  ruleId: shown,
  reviewed: reviewedSchema,
  startedAt: time,
  endedAt: time,
});

const cellSchema = z.strictObject({
  version: z.literal(VERSION),
  exchangeId: shown,
  conversationId: z.string(),
  endedAt: time,
  reviewed: reviewedSchema.nullable(),
  late: z.array(lateSchema),
  until: time,
  rows: z.int().positive(),
  ...headFields(
    z.strictObject({
      tokens: z.int().nonnegative(),
      rows: z.int().nonnegative(),
      crc: z.int().nonnegative(),
      ...readingAbout,
    }),
  ),
});

/** An exchange whose activations are at hand. */
type ToDescribe = Omit<ReplayCell, 'exchange' | 'rows'> & {
  readonly exchange: ReadExchange<ReadingAbout & { readonly kept: KeptActivations; readonly rows: number }>;
};

export function replayCellText({ exchange, ...about }: ToDescribe): string {
  const head = headOf(exchange, ({ kept, rows, isFinished, changes }) => {
    return { tokens: kept.tokens, rows, crc: activationsCrc(kept), isFinished, changes };
  });
  return JSON.stringify({ version: VERSION, ...about, rows: rowsIn(head), ...head });
}

/** An exchange of which nothing was read has one. */
function rowsIn({
  segments,
}: {
  readonly segments: readonly Pick<ReadSegment<{ readonly rows: number }>, 'readings'>[];
}): number {
  const rows = segments.flatMap(({ readings }) => readings.map((reading) => reading.rows));
  return Math.max(
    1,
    rows.reduce((sum, count) => sum + count, 0),
  );
}

/** @returns why it is none, where it is none */
export function parseReplayCell(text: string): ReplayCell | string {
  if (text.length > MAX_CELL_LENGTH) return `has ${text.length} characters, more than ${MAX_CELL_LENGTH}`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return `is no JSON, but ${JSON.stringify(text.slice(0, 40))}`;
  }
  const { version } = z.object({ version: z.unknown() }).catch({ version: null }).parse(json);
  if (version !== VERSION) {
    return `is of version ${JSON.stringify(version)}, where ${VERSION} is read: export it again with this telltale`;
  }
  const parsed = cellSchema.safeParse(json);
  if (!parsed.success) return `is not as rules export writes it: ${firstIssue(parsed.error)}`;
  const {
    version: _,
    exchangeId,
    conversationId,
    endedAt,
    reviewed,
    late,
    until,
    rows,
    ...head
  } = parsed.data;
  const exchange = exchangeOf(head, (reading): ReadingRows => {
    return { ...reading, changes: reading.changes as ReadingAbout['changes'] };
  });
  if (exchange === null) return 'names what was computed of a segment, and does not hold it';
  const wrong = wrongIn(exchange, rows);
  return wrong ?? { exchangeId, conversationId, endedAt, reviewed, late, until, rows, exchange };
}

function wrongIn(
  { segments, verdict, fired, correlated = [] }: ReplayCell['exchange'],
  rows: number,
): string | null {
  const names = [verdict, ...[...fired, ...correlated].map(({ name }) => name)];
  if (names.some((name) => !shown.safeParse(name).success)) return 'has a name with a control character';
  const readings = segments.flatMap((segment) => segment.readings);
  const tokens = readings.reduce((sum, reading) => sum + reading.tokens, 0);
  if (tokens > MAX_TOKENS) return `is of ${tokens} tokens, more than ${MAX_TOKENS}`;
  const own = rowsIn({ segments });
  return own === rows ? null : `is of ${rows} rows, and of ${own} in its readings`;
}

function firstIssue({ issues: [first] }: z.ZodError): string {
  return first === undefined ? '' : `${first.path.join('.')}: ${first.message}`;
}
