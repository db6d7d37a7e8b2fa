import type { ConditionView, ExchangeView, FindingView } from '../../../wire.ts';
import { choose, selection } from '../state/detail.ts';
import {
  comparedName,
  disguiseNames,
  figure,
  promise,
  rarityOf,
  roleName,
  signalName,
  signedFigure,
  tokensName,
} from '../text/wording.ts';
import { FeatureRow } from './feature-row.tsx';
import { FindingParts } from './finding-parts.tsx';
import { Gauge } from './gauge.tsx';
import { LevelMark } from './level.tsx';

interface FindingCardProps {
  readonly view: ExchangeView;
  readonly finding: FindingView;
  readonly index: number;
}

/** Why one rule fired: its conditions with their numbers, and the features behind them. */
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
        <LevelMark level={finding.level} />
      </header>
      <p class="where">
        {finding.parts !== null && 'Over the whole exchange, strongest in '}
        {roleName(finding.role)}, {finding.tool !== null && `tool ${finding.tool}, `}
        {tokensName(finding)} · rule version {finding.ruleVersion}, mode {finding.mode}
        {finding.mode === 'enforce' && `, ${finding.action}`}
      </p>
      {finding.disguise !== null && (
        <p class="where">
          Only in what it reads without its disguise ({disguiseNames(finding.disguise.changes)})
        </p>
      )}
      {finding.conditions.map((condition, at) => (
        <Condition
          key={condition.name}
          condition={condition}
          choose={finding.conditions.length > 1 ? () => choose({ finding: index, condition: at }) : null}
        />
      ))}
      {finding.parts !== null && <FindingParts parts={finding.parts} finding={index} />}
      <h4>Features that made the score</h4>
      <ul class="features">
        {finding.features.map((feature) => (
          <FeatureRow key={feature.index} feature={feature} isKnown={view.isCurrentFeatureset} />
        ))}
      </ul>
      {finding.features.length === 0 && <p class="note">No feature stands behind this signal.</p>}
    </section>
  );
}

function Condition({ condition, choose }: { condition: ConditionView; choose: (() => void) | null }) {
  const rarity = rarityOf(condition);
  return (
    <div class="condition">
      <p class="condition-name">
        {choose === null ? (
          <b>{signalName(condition.signal)}</b>
        ) : (
          <button type="button" class="linklike" title="Shade the text by this signal" onClick={choose}>
            {signalName(condition.signal)}
          </button>
        )}
        <span>{comparedName(condition)}</span>
      </p>
      <Gauge value={condition.value} threshold={condition.threshold} />
      <dl class="numbers">
        <div>
          <dt>Value</dt>
          <dd class="is-value">{figure(condition.value)}</dd>
        </div>
        <div>
          <dt>Threshold</dt>
          <dd>{figure(condition.threshold)}</dd>
        </div>
        <div>
          <dt>Margin</dt>
          <dd>{signedFigure(condition.margin)}</dd>
        </div>
      </dl>
      <p class="promise" title={condition.calibration?.traffic}>
        {promise(condition)} {rarity}
      </p>
    </div>
  );
}
