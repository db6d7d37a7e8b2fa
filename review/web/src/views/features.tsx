import type { FeatureShareView } from '../../../wire.ts';
import { count, percent } from '../text/wording.ts';
import { FeatureRow } from './feature-row.tsx';

interface FeaturesProps {
  readonly features: readonly FeatureShareView[];
  /** Whether the running featureset is the one that they are of. */
  readonly isKnown: boolean;
}

/** So many are shown at once, and of those only the ones that make at least this part of the score. */
const MOST = 5;
const LEAST_SHARE = 0.01;

/** The features behind a finding, strongest first; those that add little wait until they are asked for. */
export function Features({ features, isKnown }: FeaturesProps) {
  const strong = features.filter(({ share }, at) => at === 0 || (at < MOST && share >= LEAST_SHARE));
  const rest = features.slice(strong.length);
  const restShare = rest.reduce((sum, { share }) => sum + share, 0);
  return (
    <>
      <h4>Features that made the score</h4>
      {features.length === 0 && <p class="note">No feature stands behind this signal.</p>}
      <Rows features={strong} isKnown={isKnown} />
      {rest.length > 0 && (
        <details class="rest">
          <summary>
            {count(rest.length)} more, {percent(restShare)} together
          </summary>
          <Rows features={rest} isKnown={isKnown} />
        </details>
      )}
    </>
  );
}

function Rows({ features, isKnown }: FeaturesProps) {
  return (
    <ul class="features">
      {features.map((feature) => (
        <FeatureRow key={feature.index} feature={feature} isKnown={isKnown} />
      ))}
    </ul>
  );
}
