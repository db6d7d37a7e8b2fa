import { METRIC_NAMES as M } from '../../../gateway/telemetry/index.ts';
import type { Dashboard } from '../panel.ts';
import { ON, rate } from '../promql.ts';

/** What waits for the sinks, and what became of it. */
export const OUTBOX: Dashboard = {
  name: 'outbox',
  title: 'Telltale: outbox',
  panels: [
    {
      title: 'Alerts that wait',
      unit: 'short',
      lines: [[`${M.outboxPending}${ON}`, '{{instance}} {{sink}}']],
    },
    {
      title: 'Age of the oldest',
      unit: 's',
      lines: [[`${M.outboxOldest}${ON}`, '{{instance}} {{sink}}']],
      bad: ['from', 300],
    },
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
      bad: ['from', 1],
    },
    {
      title: 'Exchanges that the store refused',
      unit: 'ops',
      lines: [[rate(M.unrecorded, 'instance'), '{{instance}}']],
    },
    { title: 'The store', unit: 'bytes', lines: [[`${M.storeBytes}${ON}`, '{{instance}}']] },
    {
      title: 'Left out above the water mark, by level',
      unit: 'ops',
      lines: [[rate(M.storeSampled, 'level'), '{{level}}']],
    },
    {
      title: 'Not kept for replay, by reason',
      unit: 'ops',
      lines: [[rate(M.replayDropped, 'reason'), '{{reason}}']],
    },
  ],
};
