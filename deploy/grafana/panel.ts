/** One panel: a title, its unit in Grafana's words, and what it shows. */
export interface Panel {
  readonly title: string;
  readonly unit: string;
  /** A PromQL expression and the legend of its lines. */
  readonly lines: readonly (readonly [expression: string, legend: string])[];
  readonly kind?: 'timeseries' | 'stat' | 'table';
  readonly description?: string;
  /** From where on it is red: the value at which an alert waits for its time, where there is one. */
  readonly bad?: readonly ['from' | 'below', number];
}

export interface Dashboard {
  readonly name: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

export const DATASOURCE = { type: 'prometheus', uid: 'prometheus' };

const WIDTH = 12;
const HEIGHT = 8;

/** A panel as Grafana reads it, two in a row.
 *  @param index - its place on the dashboard */
export function panelOf(panel: Panel, index: number) {
  const { title, unit, lines, kind = 'timeseries', description, bad } = panel;
  const isOverTime = kind === 'timeseries';
  return {
    id: index + 1,
    type: kind,
    title,
    ...(description !== undefined && { description }),
    datasource: DATASOURCE,
    gridPos: { x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        thresholds: { mode: 'absolute', steps: stepsOf(bad) },
        ...(isOverTime && bad !== undefined && { custom: { thresholdsStyle: { mode: 'line' } } }),
      },
      overrides: [],
    },
    options: isOverTime ? { legend: { displayMode: 'list', placement: 'bottom' } } : {},
    ...(kind === 'table' && { transformations: [LABELS_ONLY] }),
    targets: lines.map(([expr, legendFormat], line) => ({
      refId: String.fromCharCode(65 + line),
      datasource: DATASOURCE,
      expr,
      legendFormat,
      ...(isOverTime ? { exemplar: true } : { instant: true, range: false }),
      ...(kind === 'table' && { format: 'table' }),
    })),
  };
}

/** Of a line its labels, each in a column. */
const LABELS_ONLY = { id: 'organize', options: { excludeByName: { Time: true, Value: true } } };

function stepsOf(bad: Panel['bad']) {
  if (bad === undefined) return [{ color: 'green', value: null }];
  const [side, value] = bad;
  const [before, after] = side === 'from' ? ['green', 'red'] : ['red', 'green'];
  return [
    { color: before, value: null },
    { color: after, value },
  ];
}
