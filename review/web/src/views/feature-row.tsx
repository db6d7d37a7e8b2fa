import { useSignal } from '@preact/signals';
import type { FeatureExampleView, FeatureShareView, FeatureView } from '../../../wire.ts';
import { fetchFeature, messageOf } from '../state/api.ts';
import { featureName, figure, percent } from '../text/wording.ts';
import { Bar } from './bar.tsx';
import { Veil } from './veil.tsx';

/** One feature: its part of the score, and on demand texts that activate it. */
export function FeatureRow({ feature, isKnown }: { feature: FeatureShareView; isKnown: boolean }) {
  const info = useSignal<FeatureView | string | null>(null);
  const load = async () => {
    if (info.value !== null) return;
    info.value = await fetchFeature(feature.index).catch(messageOf);
  };
  return (
    <li class={feature.label === null ? 'is-unlabelled' : ''}>
      <details onToggle={() => void (isKnown && load())}>
        <summary>
          <span class="feature-name">{featureName(feature)}</span>
          <span class="feature-share">{percent(feature.share)}</span>
          <Bar part={feature.share} />
        </summary>
        <div class="feature-more">
          <p class="where">
            Feature {feature.index}, mean activation {figure(feature.value)} over the span
          </p>
          {typeof info.value === 'string' && <p class="trouble">{info.value}</p>}
          {info.value !== null && typeof info.value !== 'string' && <Known info={info.value} />}
        </div>
      </details>
    </li>
  );
}

function Known({ info }: { info: FeatureView }) {
  const label =
    info.labelScore === null ? '' : `; the label alone tells its texts apart in ${percent(info.labelScore)}`;
  return (
    <>
      <p class="where">
        Active on {(info.density * 100).toPrecision(2)} % of ordinary tokens{label}
      </p>
      {info.examples.length > 0 && <p class="where">Texts that activate it, strongest first:</p>}
      {info.examples.length === 0 && <p class="note">No example was kept.</p>}
      <ul class="examples">
        {info.examples.map((example, at) => (
          <li key={at}>
            <Veil item={`feature/${info.index}/${at}`} whole={`feature/${info.index}`} label="Show example">
              <Example example={example} />
            </Veil>
          </li>
        ))}
      </ul>
    </>
  );
}

function Example({ example: { text, spans, value } }: { example: FeatureExampleView }) {
  const ordered = [...spans].sort((a, b) => a.start - b.start);
  let at = 0;
  const parts = ordered.map(({ start, end }) => {
    const before = text.slice(at, start);
    at = Math.max(at, end);
    return [before, <mark key={start}>{text.slice(start, end)}</mark>];
  });
  return (
    <p dir="auto">
      {parts}
      {text.slice(at)} <span class="where">activation {figure(value)}</span>
    </p>
  );
}
