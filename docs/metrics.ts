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
    "The gateway answers `GET /metrics` on its metrics port (9464) in Prometheus' text format, or in OpenMetrics with exemplars to who asks for it, and sends the same over OTLP where `telemetry.otlp_endpoint` names a receiver. Every label is bounded: what is beyond a bound stands under `other`. Counters begin at 0 with the process; those with a label are there from their first event.\n",
    '| metric | type | labels | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

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
