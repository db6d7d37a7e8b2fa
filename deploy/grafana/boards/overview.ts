import { METRIC_NAMES as M } from '../../../gateway/telemetry/index.ts';
import type { Dashboard } from '../panel.ts';
import { ON, quantile, RANGE, rate } from '../promql.ts';

/** But what no rule asks for, and what was never sent to its end. */
const MISSED = ON.replace('}', ', reason!~"no_rules|client_gone|upstream_cut"}');
const UNSCANNED_SHARE = `sum(rate(${M.unscanned}${MISSED}${RANGE})) / (sum(rate(${M.unscanned}${MISSED}${RANGE})) + sum(rate(${M.scanned}${ON}${RANGE})))`;

/** Whether traffic passes, how fast, and what of it was not read. */
export const OVERVIEW: Dashboard = {
  name: 'overview',
  title: 'Telltale: overview',
  panels: [
    {
      title: 'Ready',
      unit: 'short',
      kind: 'stat',
      lines: [[`${M.ready}${ON}`, '{{instance}}']],
      bad: ['below', 1],
    },
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
      title: 'What the gateway adds',
      unit: 's',
      lines: [0.5, 0.9, 0.99].map((q) => [quantile(q, M.addedLatency), `${q}`] as const),
    },
    {
      title: 'Share of segments that were not scanned',
      unit: 'percentunit',
      lines: [[UNSCANNED_SHARE, 'not scanned']],
      bad: ['from', 0.05],
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
