import { METRIC_NAMES as M } from '../../../gateway/telemetry/index.ts';
import type { Dashboard } from '../panel.ts';
import { ON, rate } from '../promql.ts';

/** A metric of each threshold over its promised rate. */
const overPromised = (metric: string, labels: string, by: 'min' | 'max'): string =>
  `${by} by (rule, condition) (${metric}{instance=~"$instance"${labels}}) / on (rule, condition) max by (rule, condition) (${M.promisedRate}${ON})`;

/** What rules find, and whether they keep the rates that they promise. */
export const RULES: Dashboard = {
  name: 'rules',
  title: 'Telltale: rules',
  panels: [
    {
      title: 'Rules that are not off',
      unit: 'short',
      kind: 'stat',
      lines: [[`${M.rulesActive}${ON}`, '{{instance}}']],
      bad: ['below', 1],
    },
    {
      title: 'Rule files are broken, the rules of before at work',
      unit: 'short',
      kind: 'stat',
      lines: [[`${M.rulesReloadFailed}${ON}`, '{{instance}}']],
      bad: ['from', 1],
    },
    {
      title: 'Reloads',
      unit: 'short',
      kind: 'stat',
      lines: [[`round(sum by (outcome) (increase(${M.ruleReloads}${ON}[$__range])))`, '{{outcome}}']],
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
          '{{instance}} {{rule}}/{{condition}} {{direction}}',
        ],
      ],
    },
    {
      title: 'Alerts of drift, and what became of them',
      unit: 'short',
      kind: 'stat',
      lines: [
        [
          `round(sum by (direction, outcome) (increase(${M.driftAlerts}${ON}[$__range]))) > 0`,
          '{{direction}} {{outcome}}',
        ],
      ],
    },
    {
      title: 'Held back by the grouping of rules',
      unit: 'ops',
      lines: [[rate(M.heldBack, 'rule'), '{{rule}}']],
    },
    {
      title: 'Groups of correlations given up for newer ones',
      unit: 'ops',
      lines: [[rate(M.evictedGroups, 'instance'), '{{instance}}']],
    },
  ],
};
