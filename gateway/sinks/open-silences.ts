import { createHash } from 'node:crypto';
import {
  createSilenceKeeper,
  type Ledger,
  type Matchers,
  type Silence,
  type SilenceKeeper,
} from '../../alerts/index.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../telemetry/index.ts';

/** Silences of the configuration and of the store, which other gateways may share.
 *  @throws {AlertsError} where the store does not answer */
export function openSilences(
  { silences }: Pick<Config, 'silences'>,
  { ledger, log }: { readonly ledger: Ledger; readonly log: Logger },
): Promise<SilenceKeeper> {
  return createSilenceKeeper({
    configured: configuredSilences(silences),
    store: ledger,
    onError: (error) => log.error('the silences do not answer', error),
  });
}

/** Without an id of their own they get one of what they say, so that their counts go on over restarts. */
export function configuredSilences(silences: Config['silences']): Silence[] {
  return silences.map((silence) => {
    const id = `config-${createHash('sha256').update(JSON.stringify(silence)).digest('hex').slice(0, 12)}`;
    const { matchers, author, comment, starts_at: startsAt, ends_at: endsAt } = silence;
    return {
      id,
      matchers: matchers as Matchers,
      author,
      comment,
      startsAt: startsAt ?? '1970-01-01T00:00:00Z',
      endsAt,
    };
  });
}
