import type { Detector, DetectorStats, Featureset } from '../../detectors/index.ts';
import { GatewayError } from '../gateway-error.ts';

const IDLE: DetectorStats = {
  workers: 0,
  openWindows: 0,
  queued: 0,
  tokensScored: 0,
  tokensRecalled: 0,
  scoreCache: null,
  batches: 0,
  workersReplaced: 0,
  rejectedQueueFull: 0,
  timedOut: 0,
  nonFinite: 0,
};

/** Knows a featureset and reads nothing: for a gateway whose exchanges are scored elsewhere. */
export function createIdleDetector(featureset: Featureset): Detector {
  const refuse = () => {
    throw new GatewayError('NO_READER', 'this gateway has no reader: its exchanges are scored elsewhere');
  };
  return {
    featureset,
    createScorer: refuse,
    readableView: refuse,
    isDisguised: refuse,
    stats: () => IDLE,
    close: async () => {},
  };
}
