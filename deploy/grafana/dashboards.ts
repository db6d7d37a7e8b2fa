import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRIC_NAMES as M } from '../../gateway/telemetry/index.ts';

/** One panel: a title, its unit in Grafana's words, and what it shows. */
interface Panel {
  readonly title: string;
  readonly unit: string;
  /** A PromQL expression and the legend of its lines. */
  readonly lines: readonly (readonly [expression: string, legend: string])[];
  readonly kind?: 'timeseries' | 'stat' | 'table';
  readonly description?: string;
}

interface Dashboard {
  readonly name: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const RANGE = '[$__rate_interval]';
const ON = '{instance=~"$instance"}';

const rate = (metric: string, by: string): string => `sum by (${by}) (rate(${metric}${ON}${RANGE}))`;

const quantile = (q: number, metric: string): string =>
  `histogram_quantile(${q}, sum by (le) (rate(${metric}_bucket${ON}${RANGE})))`;

/** A metric of each threshold over its promised rate. */
const overPromised = (metric: string, labels: string, by: 'min' | 'max'): string =>
  `${by} by (rule, condition) (${metric}{instance=~"$instance"${labels}}) / on (rule, condition) max by (rule, condition) (${M.promisedRate}${ON})`;

const UNSCANNED_SHARE = `sum(rate(${M.unscanned}${ON}${RANGE})) / (sum(rate(${M.unscanned}${ON}${RANGE})) + sum(rate(${M.scanned}${ON}${RANGE})))`;

const OVERVIEW: Dashboard = {
  name: 'overview',
  title: 'Telltale: overview',
  panels: [
    { title: 'Ready', unit: 'short', kind: 'stat', lines: [[`${M.ready}${ON}`, '{{instance}}']] },
    { title: 'In flight', unit: 'short', kind: 'stat', lines: [[`${M.inFlight}${ON}`, '{{instance}}']] },
    { title: 'Exchanges by verdict', unit: 'reqps', lines: [[rate(M.exchanges, 'verdict'), '{{verdict}}']] },
    { title: 'Exchanges by status', unit: 'reqps', lines: [[rate(M.exchanges, 'status'), '{{status}}']] },
    {
      title: 'Time to the first byte',
      unit: 's',
      lines: [0.5, 0.9, 0.99].map((q) => [quantile(q, M.firstByte), `${q}`] as const),
    },
    {
      title: 'Whole exchange',
      unit: 's',
      lines: [0.5, 0.9, 0.99].map((q) => [quantile(q, M.exchangeDuration), `${q}`] as const),
    },
    {
      title: 'Share of segments that were not scanned',
      unit: 'percentunit',
      lines: [[UNSCANNED_SHARE, 'not scanned']],
    },
    { title: 'Not scanned, by reason', unit: 'ops', lines: [[rate(M.unscanned, 'reason'), '{{reason}}']] },
    { title: 'Errors', unit: 'ops', lines: [[rate(M.errors, 'error'), '{{error}}']] },
    {
      title: 'Policies that decided',
      unit: 'ops',
      lines: [[rate(M.policyUses, 'policy, decision'), '{{policy}} {{decision}}']],
    },
    {
      title: 'Event loop behind, worst',
      unit: 's',
      lines: [[`${M.eventLoopDelay}{instance=~"$instance",percentile="100"}`, '{{instance}}']],
    },
    { title: 'Memory', unit: 'bytes', lines: [[`${M.memory}${ON}`, '{{instance}} {{kind}}']] },
  ],
};

const RULES: Dashboard = {
  name: 'rules',
  title: 'Telltale: rules',
  panels: [
    {
      title: 'Rules that are not off',
      unit: 'short',
      kind: 'stat',
      lines: [[`${M.rulesActive}${ON}`, '{{instance}}']],
    },
    {
      title: 'Reloads',
      unit: 'short',
      kind: 'stat',
      lines: [[`sum by (outcome) (increase(${M.ruleReloads}${ON}[$__range]))`, '{{outcome}}']],
    },
    { title: 'Findings by rule', unit: 'ops', lines: [[rate(M.findings, 'rule'), '{{rule}}']] },
    {
      title: 'Findings by mode and level',
      unit: 'ops',
      lines: [[rate(M.findings, 'mode, level'), '{{mode}} {{level}}']],
    },
    {
      title: 'Live rate over promised rate, with its interval',
      description:
        'Of each threshold that is a rate: how many times the promised share of different segments reaches it. Traffic with more of what a rule looks for raises it too.',
      unit: 'short',
      lines: [
        [overPromised(M.liveRate, '', 'max'), '{{rule}}/{{condition}}'],
        [overPromised(M.liveRateInterval, ',bound="lower"', 'min'), '{{rule}}/{{condition}} lower'],
        [overPromised(M.liveRateInterval, ',bound="upper"', 'max'), '{{rule}}/{{condition}} upper'],
      ],
    },
    {
      title: 'Thresholds whose live rate is not the promised one',
      unit: 'short',
      kind: 'table',
      lines: [
        [
          `max by (instance, rule, condition, direction) (${M.ruleDrift}${ON}) == 1`,
          '{{rule}} {{direction}}',
        ],
      ],
    },
    {
      title: 'Alerts of drift, and what became of them',
      unit: 'short',
      kind: 'stat',
      lines: [
        [
          `sum by (direction, outcome) (increase(${M.driftAlerts}${ON}[$__range]))`,
          '{{direction}} {{outcome}}',
        ],
      ],
    },
    {
      title: 'Held back by the grouping of rules',
      unit: 'ops',
      lines: [[rate(M.heldBack, 'rule'), '{{rule}}']],
    },
  ],
};

const READER: Dashboard = {
  name: 'reader',
  title: 'Telltale: reader',
  panels: [
    { title: 'Tokens scored', unit: 'ops', lines: [[rate(M.detectorTokens, 'instance'), '{{instance}}']] },
    { title: 'Blocks that wait', unit: 'short', lines: [[`${M.detectorQueued}${ON}`, '{{instance}}']] },
    {
      title: 'Tokens in a run',
      unit: 'short',
      lines: [
        [`${rate(M.detectorTokens, 'instance')} / ${rate(M.detectorBatches, 'instance')}`, '{{instance}}'],
      ],
    },
    {
      title: 'Tokens whose scores were remembered',
      unit: 'ops',
      lines: [[rate(M.detectorRecalled, 'instance'), '{{instance}}']],
    },
    {
      title: 'Scores asked for, by whether they were remembered',
      unit: 'ops',
      lines: [[rate(M.scoreCacheLookups, 'kind, outcome'), '{{kind}} {{outcome}}']],
    },
    { title: 'Windows kept open', unit: 'short', lines: [[`${M.detectorWindows}${ON}`, '{{instance}}']] },
    {
      title: 'Work not done, by reason',
      unit: 'ops',
      lines: [[rate(M.detectorRejected, 'reason'), '{{reason}}']],
    },
    {
      title: 'Workers replaced',
      unit: 'ops',
      lines: [[rate(M.detectorWorkersReplaced, 'instance'), '{{instance}}']],
    },
  ],
};

const OUTBOX: Dashboard = {
  name: 'outbox',
  title: 'Telltale: outbox',
  panels: [
    {
      title: 'Alerts that wait',
      unit: 'short',
      lines: [[`${M.outboxPending}${ON}`, '{{instance}} {{sink}}']],
    },
    { title: 'Age of the oldest', unit: 's', lines: [[`${M.outboxOldest}${ON}`, '{{instance}} {{sink}}']] },
    { title: 'Delivered', unit: 'ops', lines: [[rate(M.outboxDelivered, 'sink'), '{{sink}}']] },
    {
      title: 'Attempts, and alerts asked for again',
      unit: 'ops',
      lines: [
        [rate(M.outboxAttempts, 'sink'), '{{sink}} attempts'],
        [rate(M.outboxRetried, 'sink'), '{{sink}} again'],
      ],
    },
    {
      title: 'Held back, by why',
      unit: 'ops',
      lines: [[rate(M.outboxHeld, 'sink, reason'), '{{sink}} {{reason}}']],
    },
    {
      title: 'Dead letters',
      unit: 'short',
      kind: 'stat',
      lines: [[`max by (sink) (${M.outboxDead}${ON})`, '{{sink}}']],
    },
    {
      title: 'Exchanges that the store refused',
      unit: 'ops',
      lines: [[rate(M.unrecorded, 'instance'), '{{instance}}']],
    },
  ],
};

const DATASOURCE = { type: 'prometheus', uid: 'prometheus' };
const WIDTH = 12;
const HEIGHT = 8;

function panelOf({ title, unit, lines, kind = 'timeseries', description }: Panel, index: number) {
  return {
    id: index + 1,
    type: kind,
    title,
    ...(description !== undefined && { description }),
    datasource: DATASOURCE,
    gridPos: { x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: kind === 'timeseries' ? { legend: { displayMode: 'list', placement: 'bottom' } } : {},
    targets: lines.map(([expr, legendFormat], line) => ({
      refId: String.fromCharCode(65 + line),
      datasource: DATASOURCE,
      expr,
      legendFormat,
      exemplar: true,
    })),
  };
}

function dashboardOf({ name, title, panels }: Dashboard) {
  const instance = {
    name: 'instance',
    type: 'query',
    datasource: DATASOURCE,
    query: { query: `label_values(${M.ready}, instance)`, refId: 'instance' },
    includeAll: true,
    multi: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
    refresh: 2,
  };
  return {
    uid: `telltale-${name}`,
    title,
    tags: ['telltale'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [instance] },
    panels: panels.map(panelOf),
  };
}

/** The dashboards as Grafana reads them: path from the repository's root, and content. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  const all = [OVERVIEW, RULES, READER, OUTBOX].map((dashboard) => {
    const path = `deploy/grafana/dashboards/${dashboard.name}.json`;
    return [path, `${JSON.stringify(dashboardOf(dashboard), null, 2)}\n`] as const;
  });
  return new Map(all);
}

if (import.meta.main) {
  for (const [path, content] of dashboardFiles()) {
    const file = join(import.meta.dirname, '../..', path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, content);
  }
}
