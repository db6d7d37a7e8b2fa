import type { DialectRoute } from './dialect.ts';

/** Where others offer OpenAI's API: what stands in place of a version, and who does. */
export interface Base {
  readonly version: string;
  readonly provider: string;
}

const AZURE = 'azure.ai.openai';
const VERTEX = 'gcp.vertex_ai';
const ENDPOINT = 'projects/:project/locations/:location/endpoints/:endpoint';

/** Azure's paths, first those of one deployment.
 *  @see https://learn.microsoft.com/azure/ai-services/openai/reference */
export const AZURE_DEPLOYMENTS: Base = { version: 'openai/deployments/:deployment', provider: AZURE };
export const AZURE_BASES: readonly Base[] = ['openai', 'openai/v1'].map((version) => ({
  version,
  provider: AZURE,
}));
/** @see https://ai.google.dev/gemini-api/docs/openai */
export const GEMINI_BASE: Base = { version: 'v1beta/openai', provider: 'gcp.gemini' };
/** `openapi`, or an endpoint of the caller's own.
 *  @see https://cloud.google.com/vertex-ai/generative-ai/docs/start/openai */
export const VERTEX_BASES: readonly Base[] = ['v1', 'v1beta1'].map((version) => ({
  version: `${version}/${ENDPOINT}`,
  provider: VERTEX,
}));

/** Routes where OpenAI has them, and the same below other bases. */
export function offeredBelow(bases: readonly Base[], routes: readonly DialectRoute[]): DialectRoute[] {
  return [...routes, ...bases.flatMap((base) => routes.map((route) => ({ ...route, ...base })))];
}

/** The deployment that a path of Azure's names; it, and not the body, says which model answers.
 *  @param target - `/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21` */
export function deploymentIn(target: string): string | null {
  return /\/openai\/deployments\/([^/?]+)\//i.exec(target)?.[1] ?? null;
}
