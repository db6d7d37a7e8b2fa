import type { StoredExchange } from '../alerts/index.ts';
import type { Featureset, Role } from '../detectors/index.ts';
import type { ConditionResult, ExchangeMatch, FieldMatch, Finding } from '../rules/index.ts';
import { itemParts } from './exchange-item.ts';
import { calibratedAggregate, rarityOf } from './rarity.ts';
import { hasActed, strongestFirst } from './strongest-first.ts';
import type {
  CalibrationView,
  ConditionView,
  CoverageView,
  ExchangeView,
  FieldMatchView,
  FindingView,
  PartsView,
} from './wire.ts';

/** Everything a person reads of an exchange. What the calibration says is added only where the exchange was scored
 *  by the featureset that runs now. */
export function exchangeView(stored: StoredExchange, featureset: Featureset): ExchangeView {
  const exchange = strongestFirst(stored, featureset);
  const { startedAt, endedAt, dialect, status, isStreamed, traceId, featuresetDigest } = exchange;
  const isCurrentFeatureset = featuresetDigest === featureset.digest;
  const known = isCurrentFeatureset ? featureset : null;
  return {
    ...itemParts(exchange),
    level: exchange.level,
    startedAt,
    endedAt,
    dialect,
    status,
    isStreamed,
    traceId,
    featuresetDigest,
    isCurrentFeatureset,
    findings: exchange.findings.map(({ finding }) => ({
      ...findingView(finding, known),
      hasActed: hasActed(finding, exchange.verdict),
    })),
    segments: exchange.segments,
    coverage: exchange.coverage.map(coverageView),
  };
}

function findingView(finding: Finding, featureset: Featureset | null): Omit<FindingView, 'hasActed'> {
  const { ruleId, ruleName, ruleTitle, ruleVersion, level, mode, action, tags, segment } = finding;
  const { firstToken, lastToken, span, conditions, features } = finding;
  return {
    ruleId,
    ruleName,
    ruleTitle,
    ruleVersion,
    level,
    mode,
    action,
    tags,
    segmentId: segment.id,
    role: segment.role,
    tool: segment.tool ?? null,
    firstToken,
    lastToken,
    span,
    conditions: conditions.map((condition) => conditionView(condition, segment.role, featureset)),
    features,
    fields: (finding.fields ?? []).map(fieldMatchView),
    disguise: finding.view ?? null,
    parts: finding.exchange === undefined ? null : partsView(finding.exchange),
  };
}

function fieldMatchView({ name, comparison, values }: FieldMatch): FieldMatchView {
  const known = Object.entries(values).map(([field, value]) => [field, value ?? null] as const);
  return { name, comparison, values: Object.fromEntries(known) };
}

function partsView({ count, segments }: ExchangeMatch): PartsView {
  const strongest = segments.map(({ segment, value, firstToken, lastToken, span, changes }) => ({
    segmentId: segment.id,
    role: segment.role,
    tool: segment.tool ?? null,
    value,
    firstToken,
    lastToken,
    span,
    isDisguised: changes !== undefined,
  }));
  return { count, strongest };
}

function conditionView(condition: ConditionResult, role: Role, featureset: Featureset | null): ConditionView {
  const { signal, rate } = condition;
  const aggregate = calibratedAggregate(condition);
  const isKnown = featureset !== null && rate !== null && aggregate !== null;
  const threshold = isKnown ? featureset.threshold(signal, aggregate, rate, role) : null;
  return {
    ...condition,
    calibration: threshold === null || 'refused' in threshold ? null : calibrationView(threshold),
    rarity: rarityOf(condition, featureset),
  };
}

function calibrationView({ segments, traffic }: CalibrationView): CalibrationView {
  return { segments, traffic };
}

function coverageView({ segmentId, role, status, reason, tokens, bytes }: CoverageView): CoverageView {
  return { segmentId, role, status, reason, tokens, bytes };
}
