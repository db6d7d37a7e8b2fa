import type { TestContext } from 'node:test';
import { startGateway, type TestGatewayOptions } from './start-gateway.ts';
import { answerJson, completion, startUpstream } from './test-upstream.ts';

/** A gateway before an upstream that answers every chat alike. */
export async function startAnswering(context: TestContext, options: TestGatewayOptions = {}) {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  return { upstream, gateway: await startGateway(context, { upstream: upstream.url, ...options }) };
}
