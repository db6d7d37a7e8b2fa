import { type Ledger, systemRecord } from '../alerts/index.ts';
import type { Detector } from '../detectors/index.ts';
import type { ActiveRules, RefusedRules } from './start-rules.ts';
import type { Logger } from './telemetry/index.ts';

const RULE = {
  id: '0b7f2f5e-5d0c-4f0e-9a56-3a6a0c1d7e04',
  name: 'rules_refused',
  title: 'Changed rules were refused, the old ones stay',
} as const;
/** UTF-16 length of the problems that an alert tells. */
const MAX_TEXT = 4_000;

export interface AlertRefusedRulesParts {
  readonly rules: Pick<ActiveRules, 'onRefused' | 'current'>;
  readonly ledger: Pick<Ledger, 'commit'>;
  readonly detector: Pick<Detector, 'featureset'>;
  readonly log: Pick<Logger, 'error'>;
}

/** Raises an alert for each set of changed rules that is refused: whoever watches the alerts must know that what they read
 *  is judged by older rules than the files hold. */
export function alertRefusedRules({ rules, ledger, detector, log }: AlertRefusedRulesParts): void {
  rules.onRefused((refused) => {
    const ruleSetDigest = rules.current().digest;
    const record = recordOf(refused, { ruleSetDigest, featuresetDigest: detector.featureset.digest });
    ledger.commit(record).then(
      ({ outcome }) => {
        if (outcome !== 'committed') log.error('the alert of refused rules was not recorded', { outcome });
      },
      (error: unknown) => log.error('the alert of refused rules was not recorded', error),
    );
  });
}

function recordOf(
  { problems, at }: RefusedRules,
  digests: { readonly ruleSetDigest: string; readonly featuresetDigest: string },
) {
  const time = new Date(at).toISOString();
  const text = problems.join('\n');
  return systemRecord({
    id: `telltale-rules-refused-${time}`,
    rule: RULE,
    level: 'high',
    tags: ['telltale.rules'],
    about: 'rules',
    text: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)} …` : text,
    at: time,
    ...digests,
  });
}
