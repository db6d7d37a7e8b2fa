import { METRIC_NAMES as M } from '../../../gateway/telemetry/index.ts';
import type { Dashboard } from '../panel.ts';
import { ON, quantile, rate } from '../promql.ts';

/** What gateways hand over, and how far workers are behind. */
export const WORKERS: Dashboard = {
  name: 'workers',
  title: 'Telltale: workers',
  panels: [
    {
      title: 'Messages behind',
      unit: 'short',
      lines: [[`sum by (instance) (${M.workerLag}${ON})`, '{{instance}}']],
      bad: ['from', 1000],
    },
    {
      title: "From an exchange's end until its findings are on disk",
      unit: 's',
      lines: [0.5, 0.9, 0.99].map((q) => [quantile(q, M.workerDelay), `${q}`] as const),
    },
    {
      title: 'Exchanges that came, by what became of them',
      unit: 'ops',
      lines: [[rate(M.workerExchanges, 'outcome'), '{{outcome}}']],
    },
    {
      title: 'Partitions, and times that they were given anew',
      unit: 'short',
      lines: [
        [`${M.workerPartitions}${ON}`, '{{instance}} partitions'],
        [`${M.workerJoins}${ON}`, '{{instance}} times'],
      ],
    },
    {
      title: 'Exchanges that wait for the topic',
      unit: 'short',
      lines: [[`${M.scoringWaiting}${ON}`, '{{instance}}']],
    },
    {
      title: 'Age of the oldest that waits for the topic',
      unit: 's',
      lines: [[`${M.scoringOldest}${ON}`, '{{instance}}']],
      bad: ['from', 300],
    },
    {
      title: 'Handed over, and asked for again',
      unit: 'ops',
      lines: [
        [rate(M.scoringPublished, 'instance'), '{{instance}} handed over'],
        [rate(M.scoringRetried, 'instance'), '{{instance}} again'],
      ],
    },
    {
      title: 'Neither handed over nor read',
      unit: 'short',
      kind: 'stat',
      lines: [[`max by (instance) (${M.scoringDead}${ON})`, '{{instance}}']],
      bad: ['from', 1],
    },
  ],
};
