import type { FeatureInfo } from './types.ts';

/** What `features.jsonl` says, read row by row when asked. */
export interface FeatureIndex {
  /** What is known of a feature; one that nobody described has no label, examples or neighbours. */
  describe(index: number): FeatureInfo;
  /** The feature of this label, if exactly one has it. */
  byLabel(label: string): number | undefined;
}

interface Row {
  readonly index: number;
  readonly label: string | null;
  readonly labelScore: number | null;
  readonly density: number;
  readonly examples: readonly {
    text: string;
    spans: readonly (readonly [number, number])[];
    value: number;
  }[];
  readonly neighbours: readonly { index: number; cosine: number }[];
}

interface Places {
  readonly rows: Map<number, readonly [start: number, end: number]>;
  readonly labels: Map<string, number[]>;
}

/** Finds where the rows lie when the first one is asked for, and parses a row whenever it is. */
export function createFeatureIndex(file: Uint8Array): FeatureIndex {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  let found: Places | undefined;
  const places = () => {
    found ??= findRows(bytes);
    return found;
  };
  return {
    describe: (index) => {
      const place = places().rows.get(index);
      if (place === undefined) {
        return { index, label: null, labelScore: null, density: 0, examples: [], neighbours: [] };
      }
      const row = parseRow(bytes, place);
      const examples = row.examples.map(({ text, spans, value }) => ({
        text,
        value,
        spans: spans.map(([start, end]) => ({ start, end })),
      }));
      const { label, labelScore, density, neighbours } = row;
      return { index, label, labelScore, density, examples, neighbours };
    },
    byLabel: (label) => {
      const indices = places().labels.get(label) ?? [];
      return indices.length === 1 ? indices[0] : undefined;
    },
  };
}

function findRows(bytes: Buffer): Places {
  const rows: Places['rows'] = new Map();
  const labels: Places['labels'] = new Map();
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    if (end > start) {
      const { index, label } = parseRow(bytes, [start, end]);
      rows.set(index, [start, end]);
      if (label !== null) labels.set(label, [...(labels.get(label) ?? []), index]);
    }
    start = end + 1;
  }
  return { rows, labels };
}

function parseRow(bytes: Buffer, [start, end]: readonly [number, number]): Row {
  return JSON.parse(bytes.toString('utf8', start, end)) as Row;
}
