import type { DisguiseView } from '../../../wire.ts';
import { wordsOf } from '../text/pieces.ts';
import { disguiseNames } from '../text/wording.ts';

interface MarkedTextProps {
  readonly text: string;
  /** UTF-16 offsets of what to mark. */
  readonly span: { readonly start: number; readonly end: number };
}

/** Text with what gave it away marked. */
export function MarkedText({ text, span }: MarkedTextProps) {
  const { start, end } = wordsOf(text, span);
  return (
    <p class="segment-text" dir="auto">
      {text.slice(0, start)}
      <mark>{text.slice(start, end)}</mark>
      {text.slice(end)}
    </p>
  );
}

/** What a disguised text reads, where a rule fired on that alone. */
export function Disguise({ disguise }: { disguise: DisguiseView }) {
  return (
    <div class="disguise">
      <h4>Disguised: {disguiseNames(disguise.changes)}; it reads</h4>
      <MarkedText text={disguise.text} span={disguise.span} />
    </div>
  );
}
