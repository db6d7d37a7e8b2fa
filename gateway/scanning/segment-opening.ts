import { LANGUAGE_CHARS } from '../../detectors/index.ts';
import type { SegmentRef } from '../../rules/index.ts';
import { createSegmentReading, type SegmentReading } from './segment-reading.ts';
import type { ScanParts } from './segment-scan.ts';
import { createSegmentWork, type SegmentWork } from './segment-work.ts';
import type { TextFeed } from './text-feed.ts';

/** A segment of which all is known that its rules ask before the first token. */
export interface OpenedSegment {
  /** With the language of its text, where rules ask for it. */
  readonly ref: SegmentRef;
  /** Null where no rule reads such a segment. */
  readonly reading: SegmentReading | null;
  readonly work: SegmentWork | null;
}

/** Opens a segment: at once, or, where rules ask for the language of its text, when enough of that has come to tell, or
 *  its end. Which it is depends on the text alone, and not on how it was cut. */
export interface SegmentOpening {
  /** Null: its text has still to tell its language. */
  opened(): OpenedSegment | null;
  /** Some text was added. */
  wake(): void;
  /** No more will come. */
  end(): OpenedSegment;
}

export function createSegmentOpening(ref: SegmentRef, feed: TextFeed, parts: ScanParts): SegmentOpening {
  const { languageOf } = parts.ruleSet;
  // Those that are known when its first text comes.
  const fields = languageOf === null ? parts.fields : always(parts.fields());
  let opened = languageOf === null ? open(ref) : null;

  function open(told: SegmentRef): OpenedSegment {
    const reading = createSegmentReading(told, { ...parts, fields });
    return { ref: told, reading, work: reading === null ? null : createSegmentWork(reading, feed, parts) };
  }

  function end(): OpenedSegment {
    opened ??= open(languageOf === null ? ref : { ...ref, language: languageOf(feed.text()) });
    return opened;
  }

  return {
    opened: () => opened,
    wake() {
      if (opened === null && feed.text().length >= LANGUAGE_CHARS) end();
      opened?.work?.wake();
    },
    end,
  };
}

function always<T>(value: T): () => T {
  return () => value;
}
