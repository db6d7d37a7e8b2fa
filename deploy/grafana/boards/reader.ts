import { METRIC_NAMES as M } from '../../../gateway/telemetry/index.ts';
import type { Dashboard } from '../panel.ts';
import { ON, rate } from '../promql.ts';

/** What the reader does, and what it cannot. */
export const READER: Dashboard = {
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
