import type { PartsView } from '../../../wire.ts';
import { choose, selection } from '../state/detail.ts';
import { count, figure, speakerName, tokensName } from '../text/wording.ts';

interface FindingPartsProps {
  readonly parts: PartsView;
  /** Index of the finding. */
  readonly finding: number;
}

/** The segments that a finding over the whole exchange is made of: what each adds, and a way to its place. */
export function FindingParts({ parts, finding }: FindingPartsProps) {
  const { strongest } = parts;
  const isAll = strongest.length === parts.count;
  const some = isAll ? '' : `, of which these ${count(strongest.length)} are strongest`;
  return (
    <>
      <h4>
        Made of {count(parts.count)} {parts.count === 1 ? 'segment' : 'segments'}
        {some}
      </h4>
      <ol class="parts">
        {strongest.map((part, at) => (
          <li key={part.segmentId}>
            <button
              type="button"
              class="part"
              aria-pressed={selection.value.finding === finding && selection.value.part === at}
              title="Show its place in the text"
              onClick={() => choose({ finding, part: at })}
            >
              <span>
                {speakerName(part)}, {tokensName(part)}
                {part.isDisguised && ', disguised'}
              </span>
              <b>{figure(part.value)}</b>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}
