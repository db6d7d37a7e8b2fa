import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MeasuredRule, MeasuredRules, MeasuredShare } from './measured.ts';
import type { RuleDefinition } from './schema.ts';
import { figuresOf, lacksForStable } from './stable-criterion.ts';

const MANIFEST = join(import.meta.dirname, '../models/default/manifest.json');

/** Digest of the featureset that comes with Telltale: sha256 over its manifest, in hexadecimal. */
export function shippedFeatureset(): string {
  return createHash('sha256').update(readFileSync(MANIFEST)).digest('hex');
}

/** The part of the rule reference on the rules that come with Telltale, with what was measured of them. */
export function shippedSection(
  rules: readonly RuleDefinition[],
  measured: MeasuredRules,
  featureset: string,
): string {
  const isCurrent = measured.featureset === featureset;
  const measuredOf = (rule: RuleDefinition) => figuresOf(rule, measured, featureset);
  return [
    '## Shipped rules',
    '',
    ...aboutFigures(measured, isCurrent),
    '',
    ...(isCurrent ? [aboutAll(measured), ''] : []),
    '| rule | reads | status | promised on ordinary traffic | found | false alarms, near-misses | false alarms, contrasts | false alarms, ordinary rows |',
    '|---|---|---|---|---|---|---|---|',
    ...rules.map((rule) => rowOf(rule, measuredOf(rule))),
    '',
    ...rules.flatMap((rule) => textOf(rule, measuredOf(rule))),
  ].join('\n');
}

function aboutFigures({ featureset, rows }: MeasuredRules, isCurrent: boolean): string[] {
  const counts = Object.entries(rows).map(([kind, count]) => `${count} ${kind}`);
  const stale = isCurrent
    ? []
    : [
        '**The figures are of another featureset and are left out: run `npm run eval:rules` and `npm run docs`.**',
        '',
      ];
  return [
    ...stale,
    `Measured with featureset \`${featureset.slice(0, 16)}\` by \`npm run eval:rules\` on the committed rows that nothing was`,
    `trained on (${counts.join(', ')}), by whole segments as the gateway judges them; figures and digests are in`,
    '`rules/shipped/measured.json`. Each figure is hits of rows and, in brackets, its 95 % Wilson interval. *Promised*: the rate',
    'that the rule states, and the interval of the true rate by the ordinary segments of its calibration. *Found*: rows that',
    'carry the label that the rule looks for. *Near-misses*: rows without it, most of which were written to be nearly so, of this harm',
    'or of another; *contrasts* are those of them that were written beside a row to be found, with its scene and words. Of ordinary',
    'traffic far fewer are false alarms. *Ordinary rows* were written as such, few and short. One writer a row and no second',
    'annotator; `telltale rules backtest` measures on your own rows. *changed* stands where a rule is not what it was when it was',
    'measured.',
    '',
    'The texts beside the rules (`telltale rules test`) are a regression suite, not a measurement: texts were written until at least',
    'ten of each side came out right, and those that came out wrong were kept and marked `known`. How many are right says',
    'nothing of other texts; the table does. `stable` is a rule whose figures meet',
    '[a criterion](decisions/2026-11-26-when-a-rule-is-stable.md), and what it lacks stands below each of the others.',
  ];
}

/** One rule's rate says little of what arrives on the review page. */
function aboutAll({ together: { recall, nearMisses, ordinary } }: MeasuredRules): string {
  return (
    `**All rules that flag, together**, flag ${shareText(recall)} rows of harm of any kind, ${shareText(nearMisses)} near-misses and ` +
    `${shareText(ordinary)} ordinary rows. Rates of rules add up, and these ordinary rows are harder than the traffic of the calibration: ` +
    'answers that advise, and everyday talk of knives, drugs and death. Before reviewers are sent what is flagged, let rules stand in ' +
    '`shadow` on your own traffic, learn its rates (`telltale rules calibrate`), and keep those that pay.'
  );
}

function rowOf(rule: RuleDefinition, measured: MeasuredRule | undefined): string {
  const cells = [`\`${rule.name}\``, `\`${rule.target}\``, `\`${rule.status}\``];
  if (measured === undefined) return `| ${[...cells, 'changed', '', '', '', ''].join(' | ')} |`;
  const promised = measured.promised.map(
    ({ rate, segments, interval }) =>
      `1/${Math.round(1 / rate)} (${percents(interval)} by ${segments} segments)`,
  );
  const shares = [measured.recall, measured.nearMisses, measured.contrasts, measured.ordinary];
  return `| ${[...cells, promised.join('; '), ...shares.map(shareText)].join(' | ')} |`;
}

function shareText({ hits, rows, interval }: MeasuredShare): string {
  if (interval === null) return 'no rows';
  return `${hits} of ${rows} (${percents(interval)})`;
}

function percents(interval: readonly number[]): string {
  const [lower, upper] = interval.map((share) => Number((share * 100).toPrecision(2)));
  return `${lower} to ${upper} %`;
}

function textOf(rule: RuleDefinition, measured: MeasuredRule | undefined): string[] {
  const { name, title, description, level, mode, action, tags, falsepositives, tests } = rule;
  const right = (expect: string) => {
    const all = tests.filter((test) => test.expect === expect);
    return `${all.filter(({ known }) => known === undefined).length} of ${all.length}`;
  };
  return [
    `### ${name}`,
    '',
    `${title}: level \`${level}\`, mode \`${mode}\`, action \`${action}\`. ${description.trim()}`,
    '',
    `Known false alarms: ${falsepositives.map((one) => one.replace(/\.$/, '')).join('; ') || 'none named'}.`,
    `Tests: ${right('fire')} texts that are to fire do, ${right('quiet')} near-misses stay quiet; the others are known to come out wrong.`,
    whyNotStable(rule, measured),
    `Tags: ${tags.map((tag) => `\`${tag}\``).join(', ') || 'none'}.`,
    '',
  ];
}

function whyNotStable(rule: RuleDefinition, measured: MeasuredRule | undefined): string {
  if (rule.status === 'stable') return 'Meets every part of what `stable` asks for.';
  const lacks = lacksForStable(rule, measured);
  return `Not \`stable\`: ${lacks.join('; ') || 'every part is met, and nobody has called it so yet'}.`;
}
