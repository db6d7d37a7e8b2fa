import { reviewPath } from '../../alerts/index.ts';
import { reviewLinks } from '../open-review.ts';
import { isOfAnswer, isOfRequest } from '../policy/decide.ts';
import {
  contentOf,
  type ExchangeContent,
  type ExchangeEnd,
  type ExchangeScoring,
  type ExchangeSpan,
} from '../telemetry/index.ts';
import type { Exchange } from './exchange.ts';
import type { GatewayParts } from './parts.ts';
import type { KnownEnding } from './recorder.ts';

export interface ToEnd extends Pick<GatewayParts, 'config'> {
  readonly id: string;
  readonly span: ExchangeSpan;
  readonly scan: Pick<Exchange['scan'], 'texts' | 'tokens'>;
}

/** What is known once an exchange is recorded, or could not be. */
export interface Recorded {
  readonly verdict: ExchangeEnd['verdict'];
  readonly scoring: ExchangeScoring | null;
  /** Whether the store holds its text. */
  readonly isTextKept: boolean;
}

/** Tells telemetry how an exchange ended. */
export function endSpan(parts: ToEnd, recorded: Recorded, ending: KnownEnding): void {
  const { status, error, facts } = ending;
  parts.span.end({
    status,
    error,
    verdict: recorded.verdict,
    firstByteMs: ending.firstByteMs(),
    addedMs: ending.addedMs(),
    responseId: facts?.id ?? null,
    responseModel: facts?.model ?? null,
    finishReasons: facts?.finishReasons ?? [],
    usage: facts?.usage ?? null,
    tokensScored: parts.scan.tokens(),
    scoring: recorded.scoring,
    content: contentFor(parts, recorded, ending),
  });
}

function contentFor(
  { config, span, scan, id }: ToEnd,
  { isTextKept }: Recorded,
  { facts }: KnownEnding,
): ExchangeContent | null {
  if (span.traceId === null || config.telemetry.content === 'none') return null;
  if (config.telemetry.content === 'spans') return contentOf(scan.texts(), facts?.finishReasons ?? []);
  if (!isTextKept) return null;
  return { kind: 'reference', url: `${reviewLinks(config, '')}${reviewPath(id)}` };
}

/** What scoring took, by the side of the exchange. */
export function scoringOf(
  { ruleSet, scan }: Pick<Exchange, 'ruleSet' | 'scan'>,
  findings: number,
): ExchangeScoring {
  const [request, response] = [scan.cost(isOfRequest), scan.cost(isOfAnswer)];
  const rulesMs = request.rulesMs + response.rulesMs;
  return { request, response, rules: ruleSet.rules.length, findings, rulesMs };
}
