import type { CoverageEntry, ExchangeRecord, SegmentRecord } from '../../alerts/index.ts';
import type { Role, SignalId } from '../../detectors/index.ts';
import type { Finding, Level, SegmentRef } from '../../rules/index.ts';
import { DIGEST } from './featureset.ts';

/** One segment to put into a record; where `hot` is given, a rule fired on that part of the text. */
export interface SegmentInput {
  readonly role: Role;
  readonly text: string;
  readonly hot?: string;
  /** What the hot part reads, where it is in base64. */
  readonly reads?: string;
}

/** What a test says about an exchange; the rest is filled in. */
export interface RecordInput {
  readonly id: string;
  readonly segments: readonly SegmentInput[];
  readonly conversationId?: string;
  readonly title?: string;
  readonly signal?: SignalId;
  readonly level?: Level;
  readonly mode?: Finding['mode'];
  readonly verdict?: ExchangeRecord['verdict'];
  readonly endedAt?: string;
  readonly featuresetDigest?: string;
  readonly coverage?: readonly CoverageEntry[];
  /** Further findings at the place of the first hot part. */
  readonly also?: readonly FindingInput[];
  /** Whether the hot parts together are one finding, over the whole exchange. */
  readonly isSpread?: boolean;
}

/** What else a test says about a finding. */
export interface FindingInput extends Pick<RecordInput, 'title' | 'level' | 'mode'> {
  readonly action?: Finding['action'];
  readonly value?: number;
  readonly threshold?: number;
}

const THRESHOLD = 1.8;

/** A finished exchange as the gateway would commit it, with words for tokens and a signal that rises around the
 *  part that is hot. */
export function createRecord(input: RecordInput): ExchangeRecord {
  const { id, verdict = 'flag', signal = 'concept/deception' } = input;
  const built = input.segments.map((segment, at) => buildSegment(segment, at, signal));
  const endedAt = input.endedAt ?? new Date().toISOString();
  return {
    exchangeId: id,
    conversationId: input.conversationId ?? `conversation-of-${id}`,
    startedAt: endedAt,
    endedAt,
    route: '/v1/chat/completions',
    dialect: 'openai/chat',
    model: 'demo',
    status: verdict === 'block' ? 400 : 200,
    isStreamed: true,
    verdict,
    findings: findingsOf(input, built),
    coverage: [...built.map(({ segment, ref }) => scanned(segment, ref)), ...(input.coverage ?? [])],
    segments: built.map(({ segment }) => segment),
    featuresetDigest: input.featuresetDigest ?? DIGEST,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  };
}

interface Built {
  readonly segment: SegmentRecord;
  readonly ref: SegmentRef;
  readonly hot: { readonly start: number; readonly end: number } | null;
  readonly reads: string | null;
}

function findingsOf(input: RecordInput, built: readonly Built[]): Finding[] {
  const found = built.flatMap(({ segment, ref, hot, reads }) =>
    hot === null ? [] : [{ ...finding(input, segment, ref, hot), ...viewOf(reads) }],
  );
  const [first] = found;
  if (first === undefined) return found;
  return input.isSpread === true
    ? [spreadOver(found, first)]
    : [...found, ...(input.also ?? []).map((other) => beside(first, other))];
}

/** Another rule's finding at the place of one. */
function beside(first: Finding, other: FindingInput): Finding {
  const { title = 'Other', level = first.level, mode = first.mode, action = first.action } = other;
  const conditions = first.conditions.map((condition) => {
    const { value = condition.value, threshold = condition.threshold } = other;
    return { ...condition, value, threshold, margin: round(value - threshold) };
  });
  return { ...first, ...naming(title), level, mode, action, conditions };
}

const naming = (title: string): Pick<Finding, 'ruleId' | 'ruleName' | 'ruleTitle'> => ({
  ruleId: `rule-${title.toLowerCase().replaceAll(' ', '-')}`,
  ruleName: title.toLowerCase().replaceAll(' ', '_'),
  ruleTitle: title,
});

/** One finding over the exchange: the sum of what each segment adds, at the one that adds most. */
function spreadOver(found: readonly Finding[], first: Finding): Finding {
  const addedBy = ({ conditions }: Finding) => conditions[0]?.value ?? 0;
  const strongest = found.reduce((best, next) => (addedBy(next) > addedBy(best) ? next : best), first);
  const value = round(found.reduce((sum, one) => sum + addedBy(one), 0));
  const segments = found.map((one) => {
    const { segment, firstToken, lastToken, span, view } = one;
    const place = { segment, value: addedBy(one), firstToken, lastToken, span };
    return view === undefined ? place : { ...place, changes: view.changes };
  });
  return {
    ...strongest,
    conditions: strongest.conditions.map((condition) => ({
      ...condition,
      aggregate: { kind: 'sum', window: 0 },
      per: 'exchange',
      value,
      margin: round(value - condition.threshold),
    })),
    exchange: { count: segments.length, segments },
  };
}

function buildSegment({ role, text, hot, reads }: SegmentInput, at: number, signal: SignalId): Built {
  const pointer = role === 'assistant' ? '/choices/0/message/content' : `/messages/${at}/content`;
  const segmentId = `${role === 'assistant' ? 'response' : 'request'}${pointer}`;
  const target =
    role === 'assistant' ? 'output' : role === 'user' ? 'input' : role === 'tool' ? 'tool_result' : 'system';
  const tokens = [...text.matchAll(/\s*\S+/g)].map(
    ({ index, 0: word }) => [index, index + word.length] as const,
  );
  const start = hot === undefined ? -1 : text.indexOf(hot);
  const span = start < 0 ? null : { start, end: start + (hot?.length ?? 0) };
  const values = tokens.map(([from, to], index) => (span === null ? 0 : signalAt(from, to, index, span)));
  return {
    segment: { segmentId, role, target, text, tokens, signals: span === null ? {} : { [signal]: values } },
    ref: {
      id: segmentId,
      target,
      role,
      pointer,
      choice: role === 'assistant' ? 0 : null,
      ...(role === 'tool' && { tool: 'find' }),
    },
    hot: span,
    reads: reads ?? null,
  };
}

function viewOf(reads: string | null): Pick<Finding, 'view'> {
  if (reads === null) return {};
  return {
    view: { changes: ['encoded'], text: `it is: ${reads}`, span: { start: 7, end: 7 + reads.length } },
  };
}

/** Between nothing and the threshold outside the span, above it inside, falling off with the distance. */
function signalAt(
  from: number,
  to: number,
  index: number,
  { start, end }: { start: number; end: number },
): number {
  const ripple = (Math.sin(index * 12.9898) * 43758.5453) % 1;
  const noise = ripple < 0 ? ripple + 1 : ripple;
  if (to > start && from < end) return round(THRESHOLD + 0.15 + noise * 1.6);
  const distance = Math.min(Math.abs(from - end), Math.abs(start - to));
  return round(Math.max(0, noise * 0.5 - 0.2 + 1.2 * Math.exp(-distance / 14)));
}

function finding(
  { title = 'Deception', signal = 'concept/deception', level = 'high', mode = 'flag' }: RecordInput,
  { tokens, signals }: SegmentRecord,
  segment: SegmentRef,
  span: { start: number; end: number },
): Finding {
  const inside = tokens.flatMap(([from, to], index) => (to > span.start && from < span.end ? [index] : []));
  const value = Math.max(...(signals[signal] ?? [0]));
  const rate = { rate: 0.001, rateInterval: [0.00066, 0.0015] } as const;
  return {
    ...naming(title),
    ruleVersion: 1,
    ruleSetDigest: 'b2'.repeat(32),
    level,
    mode,
    action: mode === 'enforce' ? 'block' : 'flag',
    tags: ['fixture'],
    segment,
    firstToken: inside[0] ?? 0,
    lastToken: inside.at(-1) ?? 0,
    span,
    conditions: [
      {
        name: 'expressed',
        signal,
        aggregate: { kind: 'top_k_mean', window: 4 },
        value,
        threshold: THRESHOLD,
        margin: round(value - THRESHOLD),
        ...rate,
      },
    ],
    features: [
      { index: 812, label: 'claims to have done what was not done', value: 2.41, share: 0.52 },
      { index: 2077, label: 'hiding something from a supervisor', value: 1.37, share: 0.31 },
      { index: 3310, label: null, value: 0.66, share: 0.17 },
    ],
  };
}

function scanned({ role, text, tokens }: SegmentRecord, { id, pointer, choice }: SegmentRef): CoverageEntry {
  const bytes = Buffer.byteLength(text);
  return {
    segmentId: id,
    pointer,
    role,
    choice,
    status: 'scanned',
    reason: null,
    tokens: tokens.length,
    bytes,
  };
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;
