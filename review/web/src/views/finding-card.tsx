import type { ExchangeView, FindingView } from '../../../wire.ts';
import { choose, selection } from '../state/detail.ts';
import { disguiseNames, outcomeName, speakerName, tokensName } from '../text/wording.ts';
import { Condition, ConditionLine } from './condition.tsx';
import { Features } from './features.tsx';
import { FindingParts } from './finding-parts.tsx';
import { LevelMark } from './level.tsx';
import { RuleTest } from './rule-test.tsx';

interface FindingCardProps {
  readonly view: ExchangeView;
  readonly finding: FindingView;
  readonly index: number;
}

/** Why one rule fired. The chosen one tells all of it, the others what they are and by how much, so that everything
 *  that was found can be seen at once. */
export function FindingCard({ view, finding, index }: FindingCardProps) {
  const isChosen = selection.value.finding === index;
  return (
    <section class={`finding ${isChosen ? 'is-chosen' : ''}`} aria-label={`Finding: ${finding.ruleTitle}`}>
      <header>
        <h3>
          <button
            type="button"
            aria-pressed={isChosen}
            title="Shade the text by this finding"
            onClick={() => choose({ finding: index })}
          >
            {finding.ruleTitle}
          </button>
        </h3>
        {finding.hasActed && <span class="acted">{outcomeName(view.outcome)}</span>}
        <LevelMark level={finding.level} />
      </header>
      <p class="where">
        {finding.parts !== null && 'Over the whole exchange, strongest in '}
        {speakerName(finding)}, {tokensName(finding)} · rule version {finding.ruleVersion}, mode{' '}
        {finding.mode}
        {finding.mode === 'enforce' && `, ${finding.action}`}
      </p>
      {isChosen ? (
        <Evidence {...{ view, finding, index }} />
      ) : (
        finding.conditions.map((condition) => <ConditionLine key={condition.name} condition={condition} />)
      )}
    </section>
  );
}

/** The conditions with their numbers, and the features behind them. */
function Evidence({ view, finding, index }: FindingCardProps) {
  const isOneOfMany = finding.conditions.length > 1;
  return (
    <>
      {finding.disguise !== null && (
        <p class="where">
          Only in what it reads without its disguise ({disguiseNames(finding.disguise.changes)})
        </p>
      )}
      {finding.conditions.map((condition, at) => (
        <Condition
          key={condition.name}
          condition={condition}
          choose={isOneOfMany ? () => choose({ finding: index, condition: at }) : null}
        />
      ))}
      {finding.parts !== null && <FindingParts parts={finding.parts} finding={index} />}
      <Features features={finding.features} isKnown={view.isCurrentFeatureset} />
      <RuleTest key={view.review?.judgement} view={view} finding={finding} />
    </>
  );
}
