import type { Block, OwnAnswer } from '../dialects/dialect.ts';
import type { Decision } from '../policy/decide.ts';
import type { Client } from './client.ts';
import type { Connection, Exchange } from './exchange.ts';
import type { GatewayParts } from './parts.ts';
import { type Refusal, unscannedRefusal } from './problems.ts';

/** One exchange on its way, with all that it needs. */
export interface Way {
  readonly parts: GatewayParts;
  readonly exchange: Exchange;
  readonly client: Client;
  readonly connection: Connection;
}

/** Ends an exchange with an error of the gateway's own, in the client's dialect; recorded as all others. */
export async function refuse(way: Way, { problem, error, gap }: Refusal): Promise<void> {
  const { exchange, client, parts } = way;
  if (gap !== null) exchange.noteGap('request', gap.reason, gap.bytes);
  const decision = await exchange.judge();
  const isGone = exchange.abortReason() === 'client_gone';
  const status = isGone ? 499 : problem.status;
  await exchange.settle(decision, { status, error: isGone ? 'client_gone' : error, facts: null });
  if (client.hasBegun()) await client.breakOff('');
  else
    client.send({ status, headers: headersFor(parts, problem.status) }, exchange.route.voice.error(problem));
}

/** Ends an exchange whose client has left. */
export async function leave({ exchange }: Way): Promise<void> {
  const decision = await exchange.judge();
  const status = 499;
  await exchange.settle(decision, { status, error: 'client_gone', facts: null });
}

/** Ends an exchange before the upstream's answer. That a request was not scanned is an error, not a verdict on it. */
export async function blockRequest(way: Way, decision: Decision): Promise<void> {
  const { exchange, client } = way;
  exchange.span.event('blocked');
  const whole = await exchange.judge();
  const settled = { ...whole, verdict: 'block' } as const;
  if (decision.because === 'unscannable') {
    const { problem, error } = unscannedRefusal('request', decision.unread);
    const { status } = problem;
    await exchange.settle(settled, { status, error, facts: null });
    const headers = [...headersFor(way.parts, status), ...verdictHeaders(way, 'block')];
    client.send({ status, headers }, exchange.route.voice.error(problem));
    return;
  }
  const { status, answer } = blockedAnswer(way, blockOf(way, decision, null));
  await exchange.settle(settled, { status, error: null, facts: null });
  client.send({ status, headers: verdictHeaders(way, 'block') }, answer);
}

const DEFAULT_BLOCK_STATUS = 400;

function blockedAnswer({ exchange, parts }: Way, block: Block): { status: number; answer: OwnAnswer } {
  const { block_status: configured } = parts.config.policy;
  const { voice } = exchange.route;
  const own = (configured === null ? voice.blockedPrompt?.(block) : null) ?? null;
  if (own !== null) return { status: 200, answer: own };
  return { status: configured ?? DEFAULT_BLOCK_STATUS, answer: voice.blockedRequest(block) };
}

/** What a blocked client is told. */
export function blockOf(
  { exchange, parts, connection }: Way,
  { rules }: Decision,
  facts: Block['facts'],
): Block {
  return {
    exchangeId: exchange.id,
    model: exchange.detail().model,
    target: connection.request.url ?? '/',
    rules: parts.config.policy.expose_rules ? rules : [],
    facts,
  };
}

/** The verdict as a header, where it is known in time and may be told, and the time that the gateway added.
 *  @param verdict - null where it is still to come */
export function verdictHeaders({ parts, exchange }: Way, verdict: Decision['verdict'] | null): string[] {
  const { expose_verdict, expose_timing } = parts.config.policy;
  return [
    ...(expose_verdict && verdict !== null ? ['x-telltale-verdict', verdict] : []),
    ...(expose_timing ? ['server-timing', `telltale;dur=${exchange.added.ms().toFixed(1)}`] : []),
  ];
}

/** What a client of an error is told beside it. */
export function headersFor({ config }: GatewayParts, status: number): string[] {
  if (status === 503) return ['retry-after', String(config.limits.retry_after_s)];
  return status === 413 || status === 408 ? ['connection', 'close'] : [];
}
