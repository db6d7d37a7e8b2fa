import type { ExchangeRecord, SegmentRecord } from '../types.ts';

/** A segment of which the columns in JSON are JSON already. */
export interface HandedSegment extends Omit<SegmentRecord, 'tokens' | 'signals'> {
  readonly tokens: string;
  readonly signals: string;
}

/** An exchange as the database takes it. */
export interface HandedRecord extends Omit<ExchangeRecord, 'segments'> {
  readonly segments: readonly (SegmentRecord | HandedSegment)[];
}

/** A record as it goes to a thread: an array for each token costs several times more to be copied there than to be
 *  written as JSON here. */
export function handedRecord(record: ExchangeRecord): HandedRecord {
  const segments = record.segments.map(({ tokens, signals, ...segment }) => ({
    ...segment,
    tokens: JSON.stringify(tokens),
    signals: JSON.stringify(signals),
  }));
  return { ...record, segments };
}

/** What stands in a column in JSON. */
export function jsonColumn(value: string | object): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
