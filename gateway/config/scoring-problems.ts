import type { Look } from './contradiction.ts';
import type { Config } from './schema.ts';
import { isSetIn } from './set-in.ts';

const LATE = 'scoring.where is "kafka", so exchanges are scored after their answers have gone on';

/** What cannot be done where exchanges are scored elsewhere. Defaults are left alone: they are for when scoring is inline
 *  again; what somebody has set and would not get is said.
 *  @param settings - what was set, before the defaults */
export function scoringProblems(config: Config, settings: object): Look[] {
  const { scoring, kafka, policy } = config;
  if (scoring.where === 'inline') return [];
  const isSet = (path: readonly string[]) => isSetIn(settings, path);
  return [
    scoring.brokers.length === 0 &&
      kafka.brokers.length === 0 && {
        path: ['scoring', 'where'],
        message: 'it needs scoring.brokers, or kafka.brokers, where those are the same',
      },
    policy.request_verdict !== 'observe' &&
      isSet(['policy', 'request_verdict']) && {
        path: ['policy', 'request_verdict'],
        message: `${LATE}, and no request can wait for a verdict: leave it out, or say observe`,
      },
    ...(['flag', 'enforce'] as const).map(
      (mode) =>
        policy.on_unscannable[mode] === 'block' &&
        isSet(['policy', 'on_unscannable', mode]) && {
          path: ['policy', 'on_unscannable', mode],
          message: `${LATE}, and what could not be read has passed: leave it out, or say pass`,
        },
    ),
    policy.expose_verdict && {
      path: ['policy', 'expose_verdict'],
      message: `${LATE}, and no verdict can be told with them`,
    },
    ...Object.keys(config.streaming).map(
      (key) =>
        isSet(['streaming', key]) && {
          path: ['streaming', key],
          message: `${LATE}, and nothing is held: leave it out`,
        },
    ),
  ];
}
