import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRIC_NAMES as M } from '../../gateway/telemetry/index.ts';
import { OUTBOX } from './boards/outbox.ts';
import { OVERVIEW } from './boards/overview.ts';
import { READER } from './boards/reader.ts';
import { RULES } from './boards/rules.ts';
import { WORKERS } from './boards/workers.ts';
import { DATASOURCE, type Dashboard, panelOf } from './panel.ts';

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
  const all = [OVERVIEW, RULES, READER, OUTBOX, WORKERS].map((dashboard) => {
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
