/** Attribute names of traces, one place.
 *  GenAI words follow the OpenTelemetry GenAI semantic conventions (in development; since May 2026 in a repository
 *  of their own), in the revision that `@opentelemetry/semantic-conventions` 1.45.0 carries. HTTP, server, error and
 *  security_rule words follow the core conventions of the same release. Names that begin with `telltale.` are ours. */
export const SEMANTICS = {
  conversationId: 'gen_ai.conversation.id',
  evaluationExplanation: 'gen_ai.evaluation.explanation',
  evaluationName: 'gen_ai.evaluation.name',
  evaluationResult: 'gen_ai.evaluation.result',
  evaluationScoreLabel: 'gen_ai.evaluation.score.label',
  evaluationScoreValue: 'gen_ai.evaluation.score.value',
  finishReasons: 'gen_ai.response.finish_reasons',
  inputTokens: 'gen_ai.usage.input_tokens',
  operationName: 'gen_ai.operation.name',
  outputTokens: 'gen_ai.usage.output_tokens',
  providerName: 'gen_ai.provider.name',
  requestIsStreamed: 'gen_ai.request.stream',
  requestModel: 'gen_ai.request.model',
  responseModel: 'gen_ai.response.model',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  errorType: 'error.type',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  securityRuleName: 'security_rule.name',
  securityRuleUuid: 'security_rule.uuid',
  securityRuleVersion: 'security_rule.version',
  exchangeId: 'telltale.exchange.id',
  findingLevel: 'telltale.finding.level',
  findingMode: 'telltale.finding.mode',
  findingSegment: 'telltale.finding.segment',
  findingThreshold: 'telltale.finding.threshold',
  ruleSetDigest: 'telltale.rule_set.digest',
  tokensScored: 'telltale.tokens.scored',
  verdict: 'telltale.verdict',
} as const;

/** What a dialect is in GenAI words. */
export interface DialectWords {
  /** `gen_ai.operation.name` */
  readonly operation: string;
  /** `gen_ai.provider.name`: the flavour of the format, not who runs the endpoint. */
  readonly provider: string;
}

const DIALECTS: Readonly<Record<string, DialectWords>> = {
  'openai-chat': { operation: 'chat', provider: 'openai' },
  'openai-completions': { operation: 'text_completion', provider: 'openai' },
  'openai-embeddings': { operation: 'embeddings', provider: 'openai' },
  'anthropic-messages': { operation: 'chat', provider: 'anthropic' },
};

/** GenAI words of a dialect; undefined where the route is not read. */
export function dialectWords(dialect: string): DialectWords | undefined {
  return Object.hasOwn(DIALECTS, dialect) ? DIALECTS[dialect] : undefined;
}
