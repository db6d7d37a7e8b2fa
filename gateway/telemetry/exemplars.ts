/** The latest trace in each bucket of a histogram, so that a slow bucket leads to an exchange. */
export interface Exemplars {
  /** @param name - of the histogram; @param value - in its unit */
  note(name: string, labels: Readonly<Record<string, string>>, observed: Observed): void;
  /** Metrics in Prometheus' text format as OpenMetrics, with these exemplars. */
  openMetrics(text: string): string;
}

/** One observation and the trace that it was made in. */
export interface Observed {
  readonly value: number;
  readonly traceId: string;
}

interface Exemplar extends Observed {
  /** Seconds since 1970. */
  readonly at: number;
}

/** Label sets are few, since labels are bounded; more than these have no exemplars. */
const MAX_SERIES = 1_000;

/** @param bounds - upper bounds of the buckets, ascending; above the last there is one more
 *  @param onDropped - called for each observation that finds no room */
export function createExemplars(bounds: readonly number[], onDropped: () => void): Exemplars {
  const series = new Map<string, (Exemplar | undefined)[]>();
  return {
    note(name, labels, { value, traceId }) {
      const key = keyOf(name, Object.entries(labels));
      const buckets = series.get(key) ?? [];
      if (!series.has(key) && series.size >= MAX_SERIES) return onDropped();
      series.set(key, buckets);
      const bucket = bounds.findIndex((bound) => value <= bound);
      buckets[bucket === -1 ? bounds.length : bucket] = { value, traceId, at: Date.now() / 1000 };
    },
    // Without units: they are those of OpenTelemetry (s, By), and of one that is no suffix of its metric's name
    // Prometheus refuses all that the page holds.
    openMetrics(text) {
      const counters = new Set([...text.matchAll(/^# TYPE (\w+)_total counter$/gm)].map(([, name]) => name));
      const lines = text
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('# UNIT '))
        .map((line) => {
          const [, comment, name = '', rest] = /^(# (?:HELP|TYPE)) (\w+)_total (.*)$/.exec(line) ?? [];
          if (comment !== undefined && counters.has(name)) return `${comment} ${name} ${rest}`;
          return line + exemplarOf(line, { series, bounds });
        });
      return `${lines.join('\n')}\n# EOF\n`;
    },
  };
}

interface Known {
  readonly series: ReadonlyMap<string, readonly (Exemplar | undefined)[]>;
  readonly bounds: readonly number[];
}

/** What stands behind a bucket's line: ` # {trace_id="…"} value time`, or nothing. */
function exemplarOf(line: string, { series, bounds }: Known): string {
  const [, name, text = ''] = /^(\w+)_bucket\{(.*)\} \S+$/.exec(line) ?? [];
  if (name === undefined) return '';
  const labels = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, key = '', value = '']) => [key, value] as const,
  );
  const upper = labels.find(([key]) => key === 'le')?.[1];
  const bucket = upper === '+Inf' ? bounds.length : bounds.indexOf(Number(upper));
  const key = keyOf(
    name,
    labels.filter(([label]) => label !== 'le' && !label.startsWith('otel_scope_')),
  );
  const exemplar = series.get(key)?.[bucket];
  if (exemplar === undefined) return '';
  return ` # {trace_id="${exemplar.traceId}"} ${exemplar.value} ${exemplar.at.toFixed(3)}`;
}

function keyOf(name: string, labels: readonly (readonly [string, string])[]): string {
  return JSON.stringify([name, labels.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}
