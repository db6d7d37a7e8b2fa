import type { CoverageEntry, SegmentRecord, UnscannedReason } from '../../alerts/index.ts';
import { type Activations, type Detector, DetectorError, type SignalId } from '../../detectors/index.ts';
import {
  advance,
  beginSegment,
  type Finding,
  finish,
  type RuleSet,
  type SegmentRef,
} from '../../rules/index.ts';
import type { Gate } from './gate.ts';

/** What all segments of one exchange share. */
export interface ScanParts {
  readonly detector: Detector;
  readonly ruleSet: RuleSet;
  /** How many segments of one exchange are at the reader at once. */
  readonly gate: Gate;
  readonly abortSignal: AbortSignal;
  readonly maxTokens: number;
  readonly timeoutMs: number;
}

/** One segment on its way through the reader and the rules. */
export interface SegmentScan {
  readonly ref: SegmentRef;
  /** Adds text; it is read in small batches, later. */
  push(text: string): void;
  /** Notes that something in this segment was not text. */
  skip(reason: UnscannedReason, bytes: number): void;
  /** The text is complete; resolves when it has been scored or has failed. Never rejects. */
  end(): Promise<void>;
  findings(): readonly Finding[];
  coverage(): CoverageEntry;
  record(signals: ReadonlySet<SignalId>): SegmentRecord;
}

/** Fewer characters wait for more, since a small batch costs the reader more a token. */
const BATCH_CHARS = 160;

const REASONS: Readonly<Record<string, UnscannedReason>> = {
  QUEUE_FULL: 'queue_full',
  TIMEOUT: 'timeout',
  WORKER_DIED: 'worker_died',
  NON_FINITE: 'non_finite',
};

/** Starts to scan one segment. Without a rule on its target it is skipped, and said to be. */
export function createSegmentScan(ref: SegmentRef, parts: ScanParts): SegmentScan {
  const signals = parts.ruleSet.signalsFor(ref.target);
  const read = createReading(ref, parts, signals);
  let text = '';
  let pushed = 0;
  let unread: { reason: UnscannedReason; bytes: number } | null = null;
  let failure: UnscannedReason | null = null;
  let isEnded = false;
  let working: Promise<void> | null = null;
  let ending: Promise<void> | null = null;

  const isScanned = signals.length > 0;

  async function work(): Promise<void> {
    while (failure === null && (isEnded ? pushed < text.length : text.length - pushed >= BATCH_CHARS)) {
      const piece = text.slice(pushed);
      pushed = text.length;
      await attempt(() => read.push(piece));
    }
  }

  async function attempt(step: () => Promise<void>): Promise<void> {
    const release = await parts.gate.enter();
    try {
      await step();
      if (read.tokens() > parts.maxTokens) failure = 'over_cap';
    } catch (error) {
      failure = reasonOf(error);
    } finally {
      release();
    }
  }

  async function complete(): Promise<void> {
    await working;
    isEnded = true;
    if (!isScanned || text === '') return;
    await work();
    if (failure === null) await attempt(read.finish);
  }

  function start(): void {
    working ??= work().finally(() => {
      working = null;
    });
  }

  return {
    ref,
    push(piece) {
      text += piece;
      if (isScanned && text.length - pushed >= BATCH_CHARS) start();
    },
    skip(reason, bytes) {
      unread = { reason: unread?.reason ?? reason, bytes: (unread?.bytes ?? 0) + bytes };
    },
    end() {
      ending ??= complete();
      return ending;
    },
    findings: read.findings,
    coverage() {
      const { status, reason } = statusOf({ failure, unread: unread?.reason ?? null, isScanned });
      return {
        segmentId: ref.id,
        pointer: ref.pointer,
        role: ref.role,
        choice: ref.choice,
        status,
        reason,
        tokens: read.tokens(),
        bytes: Buffer.byteLength(text) + (unread?.bytes ?? 0),
      };
    },
    record: (wanted) => ({
      segmentId: ref.id,
      role: ref.role,
      target: ref.target,
      text,
      ...read.record(wanted),
    }),
  };
}

interface Status {
  readonly failure: UnscannedReason | null;
  readonly unread: UnscannedReason | null;
  readonly isScanned: boolean;
}

function statusOf({ failure, unread, isScanned }: Status): Pick<CoverageEntry, 'status' | 'reason'> {
  if (failure !== null) return { status: 'failed', reason: failure };
  if (unread !== null) return { status: FAILURES.has(unread) ? 'failed' : 'skipped', reason: unread };
  return isScanned ? { status: 'scanned', reason: null } : { status: 'skipped', reason: 'no_rules' };
}

/** What should have been readable, as opposed to what is no text. */
const FAILURES: ReadonlySet<UnscannedReason> = new Set([
  'bad_json',
  'bad_shape',
  'bad_utf8',
  'bad_sse',
  'unknown_encoding',
]);

function reasonOf(error: unknown): UnscannedReason {
  return error instanceof DetectorError ? (REASONS[error.code] ?? 'error') : 'error';
}

/** The scorer and the rules' state of one segment, and what they have said so far. */
function createReading(ref: SegmentRef, parts: ScanParts, signals: readonly SignalId[]) {
  const { detector, ruleSet, abortSignal, timeoutMs } = parts;
  const priority = ruleSet.enforces(ref.target) ? 'enforce' : 'observe';
  const options = { role: ref.role, signals, priority, abortSignal, timeoutMs } as const;
  const scorer = signals.length === 0 ? null : detector.createScorer(options);
  let state = beginSegment(ruleSet, ref);
  let findings: readonly Finding[] = [];
  const batches: Activations[] = [];

  function take(activations: Activations): void {
    if (activations.tokens.length === 0) return;
    batches.push(activations);
    const step = advance(ruleSet, state, activations);
    state = step.state;
    findings = [...findings, ...step.findings];
  }

  return {
    async push(text: string): Promise<void> {
      if (scorer !== null) take(await scorer.push(text));
    },
    async finish(): Promise<void> {
      if (scorer !== null) take(await scorer.end());
      findings = finish(ruleSet, state).settled;
    },
    tokens: () => state.tokens,
    findings: () => findings,
    record: (wanted: ReadonlySet<SignalId>) => recordOf(batches, wanted),
  };
}

function recordOf(
  batches: readonly Activations[],
  wanted: ReadonlySet<SignalId>,
): Pick<SegmentRecord, 'tokens' | 'signals'> {
  const known = [...wanted].filter((signal) => batches.some((batch) => batch.signals.has(signal)));
  return {
    tokens: batches.flatMap(({ tokens }) => tokens.map(({ start, end }) => [start, end] as const)),
    signals: Object.fromEntries(
      known.map((signal) => [signal, batches.flatMap((batch) => rounded(batch.signals.get(signal)))]),
    ),
  };
}

function rounded(values: Float32Array | undefined): number[] {
  return Array.from(values ?? [], (value) => Math.round(value * 1e4) / 1e4);
}
