import { useSignal } from '@preact/signals';
import type { ExchangeView, FindingView } from '../../../wire.ts';
import { asTest } from '../text/as-test.ts';
import { Veil } from './veil.tsx';

/** A verdict as a test of the rule: so that what a reviewer saw reaches whoever writes the rules. */
export function RuleTest({ view, finding }: { view: ExchangeView; finding: FindingView }) {
  const copied = useSignal<'not yet' | 'done' | 'refused'>('not yet');
  const segment = view.segments.find(({ segmentId }) => segmentId === finding.segmentId);
  const test = segment && view.review && asTest(view.review.judgement, finding, segment);
  if (!test) return null;
  const copy = async () => {
    copied.value = await navigator.clipboard.writeText(test).then(
      () => 'done' as const,
      () => 'refused' as const,
    );
  };
  return (
    <details class="rule-test">
      <summary>As a test of the rule</summary>
      <p class="where">
        For <code>tests</code> of <code>{finding.ruleName}</code>; <code>telltale rules test</code> runs it.
      </p>
      <Veil
        item={`${view.exchangeId}/${segment.segmentId}/test`}
        whole={view.exchangeId}
        label="Show this text"
      >
        <pre dir="auto">
          <code>{test}</code>
        </pre>
      </Veil>
      {/* Browsers lend the clipboard to pages of this machine and of https alone. */}
      {window.isSecureContext && (
        <button type="button" onClick={() => void copy()}>
          {copied.value === 'done' ? 'Copied' : 'Copy'}
        </button>
      )}
      <p class="where" role="status">
        {copied.value === 'refused' && 'The browser refused to copy it: mark it and copy it by hand.'}
      </p>
    </details>
  );
}
