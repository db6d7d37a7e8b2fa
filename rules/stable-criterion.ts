import type { MeasuredRule, MeasuredRules, MeasuredShare } from './measured.ts';
import type { RuleDefinition } from './schema.ts';
import { decidingDigest } from './shipped-rules.ts';

/** What the figures of a shipped rule must show for the status `stable`, each by the end of a Wilson interval that speaks
 *  against the rule; docs/decisions/2026-11-26-when-a-rule-is-stable.md says why these. */
export const STABLE = { leastRows: 100, leastFound: 0.5, mostOfContrasts: 0.1, leastTests: 10 } as const;

/** What was measured of a rule as it stands, undefined where it is not what it was then.
 *  @param featureset - digest of the featureset that it runs on */
export function figuresOf(
  rule: RuleDefinition,
  measured: MeasuredRules,
  featureset: string,
): MeasuredRule | undefined {
  if (measured.featureset !== featureset) return undefined;
  return measured.rules.find(({ id, decides }) => id === rule.id && decides === decidingDigest(rule));
}

/** Why a rule is not to be called `stable`, a phrase for each part that is not met; none where it may be.
 *  @param figures - of the rule as it stands, undefined where there are none */
export function lacksForStable(rule: RuleDefinition, figures: MeasuredRule | undefined): string[] {
  if (figures === undefined) return ['not measured as it stands', ...testsLacking(rule)];
  const { recall, contrasts, ordinary, promised } = figures;
  return [
    ...rowsLacking(recall, 'to find'),
    ...rowsLacking(contrasts, 'that are contrasts'),
    ...rowsLacking(ordinary, 'of ordinary traffic'),
    ...tooFewFound(recall),
    ...tooManyContrasts(contrasts),
    ...promiseBroken(ordinary, promised),
    ...testsLacking(rule),
  ];
}

function rowsLacking({ rows }: MeasuredShare, what: string): string[] {
  return rows < STABLE.leastRows ? [`${rows} rows ${what}, ${STABLE.leastRows} are needed`] : [];
}

function tooFewFound({ interval }: MeasuredShare): string[] {
  if (interval === null || interval[0] >= STABLE.leastFound) return [];
  return [`found may be as little as ${percent(interval[0])}, below ${percent(STABLE.leastFound)}`];
}

function tooManyContrasts({ interval }: MeasuredShare): string[] {
  if (interval === null || interval[1] <= STABLE.mostOfContrasts) return [];
  return [
    `false alarms on contrasts may be as many as ${percent(interval[1])}, above ${percent(STABLE.mostOfContrasts)}`,
  ];
}

/** Conditions may fire on other segments each, so the rates that they promise add up. */
function promiseBroken({ interval }: MeasuredShare, promised: MeasuredRule['promised']): string[] {
  const most = promised.reduce((sum, one) => sum + one.interval[1], 0);
  if (interval === null || interval[0] <= most) return [];
  return [
    `false alarms on ordinary rows are at least ${percent(interval[0])}, above ${percent(most)} as promised`,
  ];
}

function testsLacking({ tests }: RuleDefinition): string[] {
  const right = (expect: string) =>
    tests.filter((one) => one.expect === expect && one.known === undefined).length;
  const [fire, quiet] = [right('fire'), right('quiet')];
  return fire < STABLE.leastTests || quiet < STABLE.leastTests
    ? [`${fire} tests fire and ${quiet} stay quiet, not ${STABLE.leastTests} each`]
    : [];
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
