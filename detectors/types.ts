/** The words of the detectors' face. A detector turns text into signals: one number per token and signal. */

/** Who speaks in a segment; dialects map their own roles onto these four. */
export type Role = 'system' | 'user' | 'assistant' | 'tool';

/** `concept/deception`, `feature/1234` or `probe/deception`: the key of a signal everywhere. */
export type SignalId = `concept/${string}` | `feature/${number}` | `probe/${string}`;

/** UTF-16 offsets [start, end) of one token in its segment's text. Offsets never split a surrogate pair. */
export interface TokenSpan {
  readonly start: number;
  readonly end: number;
}

/** A disguised text as somebody reads it who sees through the disguise; it is scored beside the text itself. */
export interface ReadableView {
  readonly text: string;
  /** What was undone: invisible characters, look-alike letters, codes such as base64, letters set apart, sentences in
   *  capitals, digits for letters, rot13 or backwards. */
  readonly changes: readonly (
    | 'invisible'
    | 'look_alikes'
    | 'encoded'
    | 'spaced'
    | 'capitals'
    | 'leet'
    | 'cipher'
  )[];
  /** Where a span of the view stands in the text. */
  origin(span: TokenSpan): TokenSpan;
}

/** Feature activations of consecutive tokens in compressed sparse rows:
 *  token i has the entries rowStart[i] .. rowStart[i + 1] of `index` and `value`. */
export interface SparseActivations {
  readonly rowStart: Uint32Array;
  readonly index: Uint32Array;
  readonly value: Float32Array;
}

/** What the reader saw in consecutive tokens of one segment, all of them final. */
export interface Activations {
  /** Index of the first token in its segment; each batch begins where the last one ended. */
  readonly firstToken: number;
  readonly tokens: readonly TokenSpan[];
  /** float32 [tokens.length] per signal asked for. */
  readonly signals: ReadonlyMap<SignalId, Float32Array>;
  /** The dictionary's activations, of the features that the signals asked for refer to, or of all; in a row by ascending
   *  index. */
  readonly features: SparseActivations;
}

/** How a concept's token values become one value per segment.
 *  `window` is in tokens: k for `top_k_mean`, the width for `max_rolling_mean`. */
export interface Aggregate {
  readonly kind: 'max' | 'mean' | 'top_k_mean' | 'max_rolling_mean';
  readonly window: number;
}

export interface ConceptFeature {
  readonly index: number;
  readonly weight: number;
}

/** A sparse weighted set of features: signal_t = bias + sum of weight_j * a_j(t), so a finding's shares sum to its value. */
export interface Concept {
  readonly name: string;
  readonly description: string;
  readonly features: readonly ConceptFeature[];
  readonly bias: number;
  /** The aggregate that was measured best and is the default of rules. */
  readonly aggregate: Aggregate;
}

export interface FeatureExample {
  readonly text: string;
  /** UTF-16 offsets of the tokens that activated it, strongest first. */
  readonly spans: readonly TokenSpan[];
  readonly value: number;
}

/** What is known of one dictionary latent. `label` is null where nobody has named it. */
export interface FeatureInfo {
  readonly index: number;
  readonly label: string | null;
  /** How well a reader of the label alone told activating from other text, 0.5 to 1, or null. */
  readonly labelScore: number | null;
  /** Share of tokens of ordinary text on which it is active. */
  readonly density: number;
  readonly examples: readonly FeatureExample[];
  readonly neighbours: readonly { readonly index: number; readonly cosine: number }[];
}

/** Scores of ordinary segments, held out from training, for one signal under one aggregate. */
export interface CalibrationCurve {
  readonly segments: number;
  /** What the ordinary traffic was. */
  readonly traffic: string;
  /** values[i] is the ranks[i]-th highest score of `segments`; ranks ascend, the first ones without gaps. */
  readonly ranks: Uint32Array;
  readonly values: Float32Array;
}

/** A threshold for a false-alarm rate, with what supports it. */
export interface Threshold {
  readonly value: number;
  readonly rate: number;
  readonly segments: number;
  /** Wilson 95 % interval of the true rate at this value. */
  readonly interval: readonly [number, number];
  readonly traffic: string;
}

/** How readings of concepts make up one score of harm of any kind. Their false alarms are budgeted together: the strongest
 *  of several rarities is reached more often than each. */
export interface AnyHarm {
  readonly readings: readonly { readonly concept: string; readonly aggregate: Aggregate }[];
  /** Ordinary segments that it was measured on. */
  readonly segments: number;
  /** -log10 of the share of ordinary segments whose strongest reading is at least so rare. */
  rarity(strongest: number): number;
}

/** Reader, hook point, dictionary and tokenizer with everything measured about them; identified by its digest. */
export interface Featureset {
  readonly name: string;
  readonly version: string;
  /** sha256 over the manifest, in hexadecimal. */
  readonly digest: string;
  readonly dModel: number;
  readonly dictionarySize: number;
  readonly concepts: readonly Concept[];
  readonly probes: readonly string[];
  /** null where the featureset was not calibrated for it. */
  readonly anyHarm?: AnyHarm | null;
  /** Figures of the training, as the build wrote them. */
  readonly training?: Readonly<Record<string, unknown>> | null;
  concept(name: string): Concept | undefined;
  /** @throws {DetectorError} FEATURE_OUT_OF_RANGE */
  feature(index: number): FeatureInfo;
  /** Index of the feature with this label, if exactly one has it. */
  featureByLabel(label: string): number | undefined;
  /** The value that at most `rate` of ordinary segments reach, or why that cannot be said. */
  threshold(
    signal: SignalId,
    aggregate: Aggregate,
    rate: number,
    role?: Role,
  ): Threshold | CalibrationRefusal;
  /** -log10 of the share of ordinary segments that score at least so high; beyond the sample, its tail extended log-linearly. */
  rarity(signal: SignalId, aggregate: Aggregate, value: number): number | undefined;
}

export interface CalibrationRefusal {
  readonly refused: 'no calibration' | 'sample too small';
  readonly message: string;
  /** How many more ordinary segments the rate asks for. */
  readonly segmentsMissing: number;
}

export interface ScorerOptions {
  readonly role: Role;
  readonly signals: readonly SignalId[];
  /** Whether `features` is to hold every active feature of the dictionary, not only those that signals refer to. */
  readonly withDictionary?: boolean;
  /** Enforcing work is taken from the queue before observing work. */
  readonly priority?: 'enforce' | 'observe';
  readonly abortSignal?: AbortSignal;
  /** How long one push may wait for the reader. */
  readonly timeoutMs?: number;
}

/** Scores one segment as its text arrives. Calls are made one after another. What was kept of the text is let go at the
 *  end, at the first failure and when the abort signal fires: a segment that is given up is aborted.
 *  The activations of all pushes and the end, joined, are equal to the last bit however the text was cut. */
export interface SegmentScorer {
  /** The whole text's activations, where it was scored before with the same role and signals: what `end(text)` would
   *  give, to the last bit, at once and without the reader; the segment has ended then. Null: it is not remembered, and
   *  nothing has changed. Asked before the first text. */
  recall(text: string): Activations | null;
  /** Adds text; gives the activations of the tokens that became final (often none yet). */
  push(text: string): Promise<Activations>;
  /** The text is complete, with `lastText` added; gives the rest. A text that is there at once costs least so. */
  end(lastText?: string): Promise<Activations>;
  /** Tokens that may still change, scored as if the text ended here; they may block early, never decide. */
  provisional(): Promise<Activations>;
  tokensFinal(): number;
  /** What scoring the segment has taken so far; absent where nobody measures it. */
  cost?(): ScoringCost;
}

/** What scoring a segment takes beside the reader's own time. */
export interface ScoringCost {
  /** Of the tokens given out those whose scores were remembered. */
  readonly tokensRecalled: number;
  /** The longest that one block of tokens waited for a batch of the reader, in milliseconds. */
  readonly longestWaitMs: number;
}

/** How one kind of remembered scores has served. */
export interface ScoreCacheCounts {
  readonly hits: number;
  readonly misses: number;
  /** Given up for newer ones. */
  readonly evictions: number;
  /** Too large to be remembered. */
  readonly refused: number;
  readonly entries: number;
  readonly bytes: number;
}

/** What a detector remembers: scores of whole texts, scores of windows of longer ones, and which texts wear no
 *  disguise. */
export type ScoreCacheReading = Readonly<Record<'texts' | 'windows' | 'views', ScoreCacheCounts>>;

export interface DetectorStats {
  readonly workers: number;
  /** Windows whose keys and values are kept for text that is still to come. */
  readonly openWindows: number;
  readonly queued: number;
  /** Tokens that were read; what was remembered is not. */
  readonly tokensScored: number;
  /** Tokens whose scores were remembered. */
  readonly tokensRecalled: number;
  /** Null where nothing is remembered. */
  readonly scoreCache: ScoreCacheReading | null;
  readonly batches: number;
  readonly workersReplaced: number;
  readonly rejectedQueueFull: number;
  readonly timedOut: number;
  readonly nonFinite: number;
}

export interface Detector {
  readonly featureset: Featureset;
  createScorer(options: ScorerOptions): SegmentScorer;
  /** A whole text as it reads without its disguise, null where it wears none: a second text to score for the same segment. */
  readableView(text: string): ReadableView | null;
  /** Whether some of a text that may go on wears a disguise. */
  isDisguised(text: string): boolean;
  stats(): DetectorStats;
  close(): Promise<void>;
}

export interface DetectorConfig {
  /** Folder with manifest.json; default models/default. */
  readonly modelPath: string;
  readonly workers?: number;
  readonly maxQueuedBlocks?: number;
  /** How far the threads that read stand back behind others where cores are short, 0 to 19 (Linux). */
  readonly niceness?: number;
  readonly timeoutMs?: number;
  /** Bounds on what is remembered of text that was scored; absent or no bytes: nothing is. */
  readonly scoreCache?: { readonly maxBytes: number; readonly maxEntries: number };
}
