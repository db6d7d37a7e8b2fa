import type { ConditionView } from '../../../wire.ts';
import { comparedName, figure, promise, rarityOf, signalName, signedFigure } from '../text/wording.ts';
import { Gauge } from './gauge.tsx';

interface ConditionProps {
  readonly condition: ConditionView;
  /** Shades the text by this condition; null where it is the only one. */
  readonly choose: (() => void) | null;
}

/** What a rule compared, by how much it was reached, and what that is worth. */
export function Condition({ condition, choose }: ConditionProps) {
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

/** The same in a line, of a finding that is not chosen. */
export function ConditionLine({ condition }: { condition: ConditionView }) {
  return (
    <p class="condition-line">
      {signalName(condition.signal)} <b>{figure(condition.value)}</b> over {figure(condition.threshold)}
    </p>
  );
}
