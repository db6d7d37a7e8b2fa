import { fillIn } from '../../deploy/grafana/fill-in.ts';
import type { Prometheus, QueryRange } from '../../test/services/prometheus.ts';

/** What of a dashboard's JSON is drawn. */
export interface DashboardJson {
  readonly title: string;
  readonly panels: readonly PanelJson[];
}

export interface PanelJson {
  readonly title: string;
  readonly type: 'timeseries' | 'stat' | 'table';
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: {
    readonly defaults: {
      readonly unit: string;
      readonly min: number;
      readonly thresholds: { readonly steps: readonly ThresholdStep[] };
    };
  };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

export interface ThresholdStep {
  readonly color: string;
  /** Of the first step null: from the beginning. */
  readonly value: number | null;
}

/** A line of a panel, under its legend. */
export interface PanelLine {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: number])[];
}

export interface PanelData {
  readonly panel: PanelJson;
  readonly lines: readonly PanelLine[];
}

/** Asks a panel's own queries, with Grafana's variables filled in as Grafana fills them: a panel over time for the
 *  whole range, another for its end. */
export async function readPanel(
  prometheus: Prometheus,
  panel: PanelJson,
  { range, scrapeSeconds }: { readonly range: QueryRange; readonly scrapeSeconds: number },
): Promise<PanelData> {
  const rateSeconds = Math.max(range.step + scrapeSeconds, 4 * scrapeSeconds);
  const variables = { rateInterval: `${rateSeconds}s`, range: `${range.end - range.start}s` };
  const answers = panel.targets.map(async ({ expr, legendFormat }) => {
    const expression = fillIn(expr, variables);
    const series =
      panel.type === 'timeseries'
        ? await prometheus.queryRange(expression, range)
        : await prometheus.query(expression, range.end);
    return series.map(({ metric, values }) => ({
      name: legendOf(legendFormat, metric),
      labels: metric,
      values,
    }));
  });
  return { panel, lines: (await Promise.all(answers)).flat() };
}

function legendOf(format: string, labels: Readonly<Record<string, string>>): string {
  return format.replace(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '');
}
