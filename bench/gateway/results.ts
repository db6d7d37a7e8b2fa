import type { Measured } from './drive.ts';

/** What one server showed. */
export interface Result extends Measured {
  /** Null of the upstream, which is measured without a proxy. */
  readonly rss_mb: number | null;
  /** Growth of resident memory over all rounds. */
  readonly rss_growth_mb: number | null;
}

/** By the name of the server. */
export type Results = Record<string, Result>;
