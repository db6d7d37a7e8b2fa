/** What the gateway must know of one API: where its text stands, and how it says that something went wrong.
 *  A dialect is one folder here with an index.ts that exports `dialect`; nothing else names it. */

import type { UnscannedReason } from '../../alerts/index.ts';
import type { SegmentRef } from '../../rules/index.ts';
import type { StreamPlaces } from './stream-places.ts';

/** One run of text and its place. */
export interface TextSegment {
  readonly ref: SegmentRef;
  readonly text: string;
}

/** A part of a body that holds no text that can be read. Parts of one segment add up. */
export interface UnreadPart {
  readonly ref: SegmentRef;
  readonly reason: UnscannedReason;
  readonly bytes: number;
}

/** The text of a body, or of a piece of it. */
export interface TextReading {
  readonly segments: readonly TextSegment[];
  readonly unread: readonly UnreadPart[];
}

export interface RequestReading extends TextReading {
  readonly model: string | null;
  readonly isStreamed: boolean;
  /** The conversation's id where the dialect has a field for one. */
  readonly conversation: string | null;
  /** It begins a conversation that the answer's id will name. */
  readonly isBeginning?: true;
  /** The user that the caller acts for, as it names them. */
  readonly user?: string;
  /** The id of the answer that the request goes on from, where it names one. */
  readonly continues?: string;
  /** What stays the same over the turns of a conversation: everything up to the first words of the user. */
  readonly opening: string;
}

/** What an answer says about itself. */
export interface AnswerFacts {
  /** Where a later request can go on from it. */
  readonly id?: string;
  readonly model: string | null;
  readonly finishReasons: readonly string[];
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | null;
  readonly choices: readonly number[];
}

export interface AnswerReading extends TextReading {
  readonly facts: AnswerFacts;
}

/** Why a body is not one of this dialect: `at` is its JSON pointer. */
export interface ShapeProblem {
  readonly at: string;
  readonly message: string;
}

export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: ShapeProblem };

/** One event's text; the segments' texts continue what earlier events said of them. */
export interface StreamStep extends TextReading {
  /** Whether this event ends the stream for a client. */
  readonly isLast: boolean;
}

/** How a stream of events ends, for streams whose text nobody reads. */
export interface StreamEnd {
  /** Words in ASCII one of which stands in every event that may be the last. */
  readonly marks: readonly string[];
  /** Whether a client takes the stream for whole with this event. */
  isLast(data: string): boolean;
}

/** How a streamed answer is framed: server-sent events, or one JSON array whose items come one by one. */
export type Framing = 'events' | 'array';

/** Reads one streamed answer. All steps joined give the segments of the same answer in one piece. */
export interface StreamReader {
  /** @param data - an event's data, or one item of an array */
  read(data: string): StreamStep;
  /** What could only be told at the end. */
  end(): TextReading;
  facts(): AnswerFacts;
}

/** An error of the gateway's own, not of the upstream. */
export interface Problem {
  readonly status: number;
  /** For programs: `body_too_large`, `upstream_timeout`, … */
  readonly code: string;
  /** What, where and the value that was wrong. */
  readonly message: string;
  /** JSON pointer into the request, where there is one. */
  readonly at: string | null;
}

/** Why an exchange was blocked. */
export interface Block {
  readonly exchangeId: string;
  readonly model: string | null;
  /** Path and query of the request, as they came. */
  readonly target: string;
  /** Names of the rules where they may be told, else none. */
  readonly rules: readonly string[];
  /** What the blocked answer said of itself, where there was one. */
  readonly facts: AnswerFacts | null;
}

/** A body of the gateway's own making. */
export interface OwnAnswer {
  readonly contentType: string;
  readonly body: string;
}

/** Follows a streamed answer as its client sees it, so that it can end where it is. */
export interface StreamEnding {
  /** An event, or an item, that went out whole.
   *  @param data - as the stream reader gets it */
  sent(data: string): void;
  /** What makes of all that was sent a well-formed stream that says that it was blocked; where nothing was sent it
   *  is one by itself. */
  blocked(block: Block): string;
}

export interface DialectRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the configured prefix, in Express's words. */
  readonly path: string;
  /** What stands in the path in place of the version at the prefix's end: `v1beta`, `openai/deployments/:deployment`. */
  readonly version?: string;
  /** `answer`: only the answer carries text; `nothing`: neither side carries text of users or models. */
  readonly reads: 'text' | 'answer' | 'nothing';
  /** `gen_ai.operation.name` where it is not the dialect's. */
  readonly operation?: string;
  /** `gen_ai.provider.name` where it is not the dialect's. */
  readonly provider?: string;
}

/** What an API is in the words of OpenTelemetry's GenAI conventions. */
export interface DialectWords {
  /** `gen_ai.operation.name` */
  readonly operation: string;
  /** `gen_ai.provider.name`: the flavour of the format, not who runs the endpoint. */
  readonly provider: string;
}

export interface Dialect {
  readonly name: string;
  readonly words: DialectWords;
  readonly routes: readonly DialectRoute[];
  /** Whether a streamed answer may also come as one JSON array. */
  readonly streamsArrays?: true;
  /** @param target - path and query as they came: some APIs say there what others say in the body */
  readRequest(body: unknown, target: string): Read<RequestReading>;
  /** The same with none of the texts listed, for requests of which nothing asks for them; left out where that costs as much. */
  describeRequest?(body: unknown, target: string): Read<RequestReading>;
  /** The conversation that a path names, for requests without text. */
  conversationIn?(target: string): string | null;
  readAnswer(body: unknown): Read<AnswerReading>;
  createStreamReader(): StreamReader;
  /** Absent where something of an answer must be known that no rule reads, as its id. */
  readonly streamEnd?: StreamEnd;
  /** For redaction and for answers that are held: where each event's words stand. */
  createStreamPlaces(): StreamPlaces;
  createStreamEnding(framing: Framing): StreamEnding;
  /** A request that was blocked before the upstream saw it, or an answer where a status says so. */
  blockedRequest(block: Block): OwnAnswer;
  /** The same where the API says so in an answer with status 200, unless a status is configured. Null: not on this
   *  path. */
  blockedPrompt?(block: Block): OwnAnswer | null;
  blockedAnswer(block: Block): OwnAnswer;
  error(problem: Problem): OwnAnswer;
  /** The event that tells a client in mid-stream that no more will come. */
  errorEvent(problem: Problem): string;
}
