import type { ExchangeView } from '../../../wire.ts';

/** What Telltale says of itself: no conversation, nothing to blur, no claim about anybody's words. */
export function Notice({ view }: { view: ExchangeView }) {
  return (
    <section class="notice" aria-label="Notice">
      {view.segments.map((segment) => (
        <p key={segment.segmentId} class="segment-text">
          {segment.text}
        </p>
      ))}
      <p class="note">Telltale says this of itself. It is about no conversation.</p>
    </section>
  );
}
