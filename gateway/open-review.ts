import type { Ledger } from '../alerts/index.ts';
import type { Detector } from '../detectors/index.ts';
import { createReviewServer, type ReviewServer } from '../review/index.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './telemetry/index.ts';

export interface ReviewStart {
  readonly config: Pick<Config, 'review'>;
  readonly ledger: Ledger;
  readonly detector: Pick<Detector, 'featureset'>;
  readonly gatewayUrl: string;
  readonly log: Logger;
  /** Folder of the built page, where it is not the one that comes with Telltale. */
  readonly webPath?: string | undefined;
}

/** Opens the review page beside the store.
 *  @throws {ReviewError} */
export function openReview({ config, log, webPath, ...start }: ReviewStart): Promise<ReviewServer> {
  const { review } = config;
  return createReviewServer({
    host: review.host,
    port: review.port,
    allowedHosts: review.allowed_hosts,
    ledger: start.ledger,
    featureset: start.detector.featureset,
    gatewayUrl: start.gatewayUrl,
    onError: (error) => log.error('review failed', error),
    ...(webPath === undefined ? {} : { webPath }),
  });
}

/** Where the links of alerts and spans lead.
 *  @param ownUrl - where the page answers, unless the configuration names how people reach it */
export function reviewLinks({ review }: Pick<Config, 'review'>, ownUrl: string): string {
  return review.url?.replace(/\/$/, '') ?? ownUrl;
}
