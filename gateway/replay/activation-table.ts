import type { KeptRow } from '../../alerts/index.ts';
import {
  createKeptReader,
  type Featureset,
  type KeptActivations,
  type KeptReader,
  type SignalId,
} from '../../detectors/index.ts';
import type { OpenedExchange, OpenedReading, OpenedSegment, ReviewedAs } from '../../rules/index.ts';
import { type LateReview, replayCellText } from './parquet/replay-cell.ts';
import type { Cell, TableColumn } from './parquet-table.ts';

/** The columns of exported activations, a row for each token and signal, in the order of the cells. */
export const ACTIVATION_COLUMNS: readonly TableColumn[] = [
  { name: 'exchange', type: 'text', meaning: 'its id, as the review page and alerts have it' },
  { name: 'conversation', type: 'text', meaning: 'the conversation that it is part of' },
  { name: 'ended_at', type: 'time', meaning: 'when the exchange ended' },
  {
    name: 'verdict',
    type: 'text',
    meaning: 'what the gateway made of it: `pass`, `flag`, `redact`, `block`',
  },
  {
    name: 'fired',
    type: 'text',
    meaning: 'the rules and correlations that fired then, by name, joined by commas; empty where none did',
  },
  {
    name: 'reviewed',
    type: 'text',
    isOptional: true,
    meaning: '`correct` or `false_alarm`, as a reviewer said; null where nobody did, or was unsure',
  },
  { name: 'route', type: 'text', isOptional: true, meaning: 'field of the exchange, as rules read it' },
  { name: 'model', type: 'text', isOptional: true, meaning: 'likewise' },
  { name: 'tenant', type: 'text', isOptional: true, meaning: 'likewise' },
  { name: 'caller', type: 'text', isOptional: true, meaning: 'likewise' },
  {
    name: 'segment',
    type: 'text',
    isOptional: true,
    meaning:
      'its place in the exchange: `request/messages/2/content`; `request#input/messages/2/content` are the parts of that list once more, as one text',
  },
  {
    name: 'role',
    type: 'text',
    isOptional: true,
    meaning: 'who says it: `system`, `user`, `assistant`, `tool`',
  },
  { name: 'target', type: 'text', isOptional: true, meaning: 'as rules call it: `input`, `output`, …' },
  { name: 'tool', type: 'text', isOptional: true, meaning: 'the tool that is called, or whose result it is' },
  {
    name: 'undone',
    type: 'text',
    isOptional: true,
    meaning: 'null: the text as it stands; else a second reading, and what was undone in it (`encoded`, …)',
  },
  { name: 'is_whole', type: 'flag', isOptional: true, meaning: 'whether that was read to its end' },
  { name: 'tokens', type: 'whole', isOptional: true, meaning: 'how many tokens were read' },
  {
    name: 'token',
    type: 'whole',
    meaning: 'which of them, from 0; -1 in the one row of an exchange of which nothing was read',
  },
  {
    name: 'signal',
    type: 'text',
    meaning: 'as rules write it: `feature/12`, `probe/NAME`, `concept/NAME`; empty in such a row',
  },
  { name: 'feature', type: 'whole', isOptional: true, meaning: 'index of a feature; null of others' },
  { name: 'label', type: 'text', isOptional: true, meaning: 'what the feature was named, if anything' },
  { name: 'value', type: 'real', meaning: 'float32, as the reader gave it' },
  {
    name: 'replay',
    type: 'text',
    isOptional: true,
    meaning:
      'in the first row of an exchange what `rules replay --from` needs of it beside its rows, as JSON; null in the others',
  },
];

/** An exchange to be written down. */
export interface ToExport {
  readonly opened: OpenedExchange;
  readonly row: Pick<KeptRow, 'exchangeId' | 'conversationId' | 'endedAt'>;
  readonly reviewed: ReviewedAs | null;
  readonly late: readonly LateReview[];
  /** Up to when exchanges are exported, ISO 8601. */
  readonly until: string;
}

/** Shows an exchange row by row. A feature that is not active at a token has no row there: its value is 0, if it was
 *  computed. An exchange of which nothing was read has one row, without a token. */
export type ExchangeRows = (exchange: ToExport, add: (cells: readonly Cell[]) => void) => void;

/** @param withConcepts - whether each concept has a row at each token too, where what it is made of was kept */
export function createExchangeRows(featureset: Featureset, withConcepts: boolean): ExchangeRows {
  const nameOf = createNames(featureset);
  const reader = createKeptReader(featureset);
  const concepts = withConcepts ? featureset.concepts.map(({ name }): SignalId => `concept/${name}`) : [];

  function addReading(reading: OpenedReading, dense: readonly SignalId[], add: (cells: Cells) => void): void {
    const { tokens, features, probes } = reading.kept;
    const columns = [...probes, ...(dense.length === 0 ? [] : reader.read(reading.kept, dense).signals)];
    for (let token = 0; token < tokens; token++) {
      const end = features.rowStart[token + 1] ?? 0;
      for (let entry = features.rowStart[token] ?? 0; entry < end; entry++) {
        const feature = features.index[entry] ?? 0;
        const { signal, label } = nameOf(feature);
        add([token, signal, feature, label, features.value[entry] ?? 0]);
      }
      for (const [signal, values] of columns) add([token, signal, null, null, values[token] ?? 0]);
    }
  }

  return (toExport, add) => {
    const { opened } = toExport;
    const dense = new Map(
      opened.segments.map((one) => [one.segment, denseIn(one, concepts, reader)] as const),
    );
    const about = aboutExchange(toExport);
    // In its first row alone.
    let cell: string | null = replayCellText(cellOf(toExport, dense));
    const addRow = (cells: Cells) => {
      add([...about, ...cells, cell]);
      cell = null;
    };
    for (const { segment, readings } of opened.segments) {
      const { id, role, target, tool } = segment.ref;
      const fields = fieldsOf(segment.fields);
      for (const reading of readings) {
        const undone = reading.changes?.join(' ') ?? null;
        const place = [id, role, target, tool ?? null, undone, reading.isFinished, reading.kept.tokens];
        addReading(reading, dense.get(segment) ?? [], (cells) => addRow([...fields, ...place, ...cells]));
      }
    }
    if (cell !== null) addRow([...fieldsOf(opened.segments[0]?.segment.fields ?? {}), ...NO_TOKEN]);
  };
}

type Cells = readonly Cell[];

/** From `segment` to `value`. What replay reads is never null, since that is read faster. */
const NO_TOKEN: Cells = [null, null, null, null, null, null, null, -1, '', null, null, 0];

/** The concepts that have a value at each token of a segment. */
function denseIn(
  { segment }: OpenedSegment,
  concepts: readonly SignalId[],
  reader: KeptReader,
): readonly SignalId[] {
  const missing = new Set(reader.missing(segment.computed, concepts));
  return concepts.filter((signal) => !missing.has(signal));
}

function fieldsOf({ route, model, tenant, caller }: OpenedSegment['segment']['fields']): Cells {
  return [route ?? null, model ?? null, tenant ?? null, caller ?? null];
}

function cellOf(
  { opened, row, reviewed, late, until }: ToExport,
  dense: ReadonlyMap<OpenedSegment['segment'], readonly SignalId[]>,
): Parameters<typeof replayCellText>[0] {
  const segments = opened.segments.map(({ segment, readings }) => ({
    ...segment,
    readings: readings.map(({ kept, isFinished, changes }) => {
      return { kept, isFinished, changes, rows: rowsOf(kept, dense.get(segment)?.length ?? 0) };
    }),
  }));
  const { exchangeId, conversationId, endedAt } = row;
  const exchange = { ...opened.exchange, segments };
  return { exchangeId, conversationId, endedAt, reviewed, late, until, exchange };
}

function rowsOf({ tokens, features, probes }: KeptActivations, concepts: number): number {
  return features.value.length + tokens * (probes.size + concepts);
}

function aboutExchange({ opened: { exchange }, row, reviewed }: ToExport): Cells {
  const { exchangeId, conversationId, endedAt } = row;
  const fired = [...exchange.fired, ...(exchange.correlated ?? [])].map(({ name }) => name);
  return [exchangeId, conversationId, new Date(endedAt), exchange.verdict, fired.join(','), reviewed];
}

/** One text for each feature, however many rows name it. */
function createNames(featureset: Featureset) {
  const known = new Map<number, { readonly signal: string; readonly label: string | null }>();
  return (feature: number) => {
    const found = known.get(feature) ?? {
      signal: `feature/${feature}`,
      label: featureset.feature(feature).label,
    };
    known.set(feature, found);
    return found;
  };
}
