import type { ReviewStore } from '../alerts/index.ts';
import type { Featureset } from '../detectors/index.ts';
import type { EventHubStats } from './event-hub.ts';

/** What the review server is made of. */
export interface ReviewServerParts {
  readonly ledger: ReviewStore;
  readonly featureset: Featureset;
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string;
  /** Default 8081; 0 takes a free one. */
  readonly port?: number;
  /** Further names under which the page may be opened, without port; the loopback names and `host` always are. */
  readonly allowedHosts?: readonly string[];
  /** Where the gateway can be reached, for what an empty list suggests to try. */
  readonly gatewayUrl?: string;
  /** The name under which reviews are saved that bring none; default `reviewer`. */
  readonly reviewer?: string;
  /** Folder of the built page; default `review/web/dist`. */
  readonly webPath?: string;
  /** Pages that may listen for new items at once; default 64. */
  readonly maxListeners?: number;
  /** Events that may wait for one slow page; default 256. */
  readonly maxQueued?: number;
  /** Pause between signs of life on an idle event stream; default 15,000. A page takes a stream that is silent for 45,000 for
   *  dead and connects anew. */
  readonly heartbeatMs?: number;
  /** Told of errors that no request explains. */
  readonly onError?: (error: unknown) => void;
}

/** The running review page and its API. */
export interface ReviewServer {
  /** `http://host:port`, with the port that was taken. */
  readonly url: string;
  readonly port: number;
  stats(): EventHubStats;
  /** Ends event streams, lets requests in progress finish for at most a second, and stops listening. */
  close(): Promise<void>;
}
