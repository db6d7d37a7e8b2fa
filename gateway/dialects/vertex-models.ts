import { calledMethod } from './called-method.ts';
import type { DialectRoute } from './dialect.ts';

const VERSIONS = ['v1', 'v1beta1'];
const METHODS = ['rawPredict', 'streamRawPredict'];

/** What Vertex AI offers of a publisher other than Google, in the publisher's own words.
 *  @see https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/use-partner-models */
export function publishedOnVertex(publisher: string): DialectRoute[] {
  const ground = `projects/:project/locations/:location/publishers/${publisher}`;
  return VERSIONS.flatMap((version) =>
    METHODS.map((method) => ({
      method: 'POST',
      path: `/models/:model\\:${method}`,
      version: `${version}/${ground}`,
      reads: 'text',
      provider: 'gcp.vertex_ai',
    })),
  );
}

/** What such a path says. */
export interface PublishedTarget {
  /** Null where the path has none, or where it only counts tokens for the model that the body names. */
  readonly model: string | null;
  readonly isStreamed: boolean;
}

/** @param target - `/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4:streamRawPredict` */
export function readPublishedTarget(target: string): PublishedTarget {
  const { model = null, method = '' } = calledMethod(target) ?? {};
  const isPublished = /^(?:stream)?rawpredict$/.test(method) && model !== 'count-tokens';
  return { model: isPublished ? model : null, isStreamed: method === 'streamrawpredict' };
}
