import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allMetrics } from '../test/edge/all-metrics.ts';

/** `npm run docs` writes docs/metrics.md from what the gateway's own endpoint says of each metric. */

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: ReadonlySet<string>;
}

/** Labels that are not the gateway's: a histogram's bounds, and the name and version of the library. */
const FOREIGN = /^(le|otel_scope_\w+)$/;

/** The reference in Markdown. */
export async function metricsReference(): Promise<string> {
  const rows = metricsIn(await allMetrics()).map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${[...labels].map((label) => `\`${label}\``).join(' ')} | ${help} |`,
  );
  return [
    '# Metrics\n',
    'Generated from the code by `npm run docs`.\n',
    "The gateway answers `GET /metrics` on its metrics port (9464) in Prometheus' text format, or in OpenMetrics with exemplars to who asks for it, and sends the same over OTLP where `telemetry.otlp_endpoint` names a receiver. Every label is bounded: what is beyond a bound stands under `other`. Counters begin at 0 with the process; those with a label are there from their first event, but for a few whose labels are known beforehand, such as reloads.\n",
    '| metric | type | labels | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
    DASHBOARDS,
  ].join('\n');
}

const DASHBOARDS = `## Dashboards

\`deploy/grafana/dashboards\` holds five for Grafana, \`deploy/prometheus/alerts.yaml\` what an operator is woken for; the
compose file has both. The pictures are drawn by \`npm run docs:dashboards\`, from each panel's own query on a real Prometheus,
and not by Grafana. They show four and a half minutes of a gateway that scores in line (\`gateway-1\`), one that hands over
to a worker (\`gateway-2\`, \`worker-1\`), and a demo upstream: traffic in waves, in which far more than ordinary is what rules
look for; a reload after 40 s; the Kafka broker stopped from 70 s to 125 s; a rule file broken from 145 s on; a
webhook that refuses one alert in fifteen for good; a water mark of 50 rows, where the default is 100,000; two cores that other programs kept busy, as the times at its beginning show. Prometheus reads every 5 s there, in \`deploy/\` every 15 s.

### Overview

![Ready, in flight, exchanges by verdict and status, times, segments not scanned, errors, policies, event loop, memory](images/dashboard-overview.svg)

### Rules

![Rules at work, broken files, reloads, findings, live rate over promised rate, drift, alerts held back](images/dashboard-rules.svg)

### Reader

![Tokens scored and remembered, blocks that wait, windows, work not done, workers replaced](images/dashboard-reader.svg)

### Outbox

![Alerts that wait and their age while the broker is down, deliveries, attempts, what is held back, dead letters, the store](images/dashboard-outbox.svg)

### Workers

![Messages behind, delay, exchanges, partitions, exchanges that wait for the topic while the broker is down](images/dashboard-workers.svg)

### Alerts

Prometheus' own page at the end of it: the broken rule file and the dead letters fire, drift waits for its ten minutes.

![The page Alerts of Prometheus: TelltaleAlertsDead and TelltaleRulesReloadFailed fire](images/prometheus-alerts.png)
`;

function metricsIn(text: string): Metric[] {
  const helps = new Map(
    [...text.matchAll(/^# HELP (telltale_\w+) (.*)$/gm)].map(([, name, help]) => [name, help]),
  );
  return [...text.matchAll(/^# TYPE (telltale_\w+) (\w+)$/gm)].map(([, name = '', type = '']) => {
    const lines = text.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{(.*)\\} `, 'gm'));
    const labels = [...lines].flatMap(([, inside = '']) =>
      [...inside.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label = '']) => label),
    );
    const own = new Set(labels.filter((label) => !FOREIGN.test(label)));
    return { name, type, help: helps.get(name) ?? '', labels: own };
  });
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, 'metrics.md'), await metricsReference());
