import { useEffect, useRef } from 'preact/hooks';
import type { ExchangeView } from '../../../wire.ts';
import { detailError, exchange, refreshDetail } from '../state/detail.ts';
import { closeDetail } from '../state/keys.ts';
import { openId } from '../state/route.ts';
import { isShown, show } from '../state/veil.ts';
import { fullTime } from '../text/when.ts';
import { outcomeName } from '../text/wording.ts';
import { Conversation } from './conversation.tsx';
import { Coverage } from './coverage.tsx';
import { FindingCard } from './finding-card.tsx';
import { LevelMark, OutcomeMark } from './level.tsx';
import { Notice } from './notice.tsx';
import { isOnePane } from './one-pane.ts';
import { ReviewForm } from './review-form.tsx';
import { SameConversation } from './same-conversation.tsx';

/** What a reader can know; said behind every title that does not say it itself. */
const CLAIM = 'as expressed in the text';

/** The open exchange: the conversation, and beside it what gave it away. */
export function Detail() {
  const view = exchange.value;
  return (
    <main class="detail" aria-busy={view === null && detailError.value === null}>
      <button type="button" class="quiet back" onClick={closeDetail}>
        ← <span>{view?.rules[0]?.title ?? 'All conversations'}</span>
      </button>
      <Trouble />
      {view === null && detailError.value === null && (
        <p class="loading" role="status">
          Loading
        </p>
      )}
      {view !== null && <Opened key={view.exchangeId} view={view} />}
    </main>
  );
}

/** Why the conversation could not be read, and what can be done. */
function Trouble() {
  const trouble = detailError.value;
  if (trouble === null) return null;
  return (
    <div class="trouble" role="alert">
      <p>
        {trouble.isGone
          ? `There is no exchange ${openId.value} in the store. It may have been erased, or its time to be kept is over.`
          : trouble.message}
      </p>
      {!trouble.isGone && (
        <button type="button" onClick={refreshDetail}>
          Try again
        </button>
      )}
      <button type="button" onClick={closeDetail}>
        Back to the list
      </button>
    </div>
  );
}

function Opened({ view }: { view: ExchangeView }) {
  return (
    <article class="opened">
      <Head view={view} />
      <div class="columns">
        {view.isNotice ? <Notice view={view} /> : <Conversation view={view} />}
        <aside class="evidence" aria-label="What gave it away">
          {view.level !== null && <ReviewForm view={view} />}
          {!view.isNotice && <Findings view={view} />}
          <Identity view={view} />
        </aside>
      </div>
    </article>
  );
}

function Findings({ view }: { view: ExchangeView }) {
  return (
    <>
      {!view.isCurrentFeatureset && (
        <p class="note">
          Scored by another featureset than the one that runs now: its features mean something else, so their
          examples are not shown.
        </p>
      )}
      {view.findings.map((finding, index) => (
        <FindingCard key={`${finding.ruleId}/${finding.segmentId}`} {...{ view, finding, index }} />
      ))}
      <SameConversation view={view} />
      <Coverage coverage={view.coverage} />
    </>
  );
}

function Head({ view }: { view: ExchangeView }) {
  const title = useRef<HTMLHeadingElement>(null);
  const focusTitle = () => title.current?.focus({ preventScroll: true });
  useEffect(() => {
    // The list was covered, and the focus in it is lost.
    if (isOnePane()) focusTitle();
  }, []);
  // The button goes when it is pressed.
  const showText = () => {
    focusTitle();
    show(view.exchangeId);
  };
  const [first, ...others] = view.rules;
  const isVeiled = !view.isNotice && view.segments.length > 0 && !isShown(view.exchangeId);
  return (
    <header class="head">
      <p class="head-marks">
        {view.level !== null && <LevelMark level={view.level} />}
        <OutcomeMark of={view} />
        <time dateTime={view.endedAt}>{fullTime(view.endedAt)}</time>
      </p>
      <h2 ref={title} tabIndex={-1}>
        {first === undefined ? (
          'Nothing flagged'
        ) : (
          <>
            {first.title} {!view.isNotice && !first.title.includes(CLAIM) && <small>{CLAIM}</small>}
          </>
        )}
      </h2>
      <Doing view={view} />
      {others.length > 0 && <p class="also">Also: {others.map((rule) => rule.title).join(', ')}</p>}
      {!view.isNotice && <Facts view={view} />}
      {isVeiled && (
        <button type="button" onClick={showText}>
          Show the text
        </button>
      )}
    </header>
  );
}

/** Whose doing it is that an exchange was blocked or redacted, where that does not go without saying. */
function Doing({ view: { outcome, rules } }: { view: ExchangeView }) {
  if (outcome !== 'block' && outcome !== 'redact') return null;
  const acting = rules.filter((rule) => rule.hasActed);
  const isTitle = acting.length === 1 && rules[0]?.hasActed === true;
  if (isTitle || acting.length === rules.length) return null;
  const names = acting.map((rule) => rule.title).join(', ');
  return (
    <p class="also">
      {acting.length > 0
        ? `${outcomeName(outcome)} by: ${names}`
        : `${outcomeName(outcome)} by none of these rules: something could not be read, or not be redacted.`}
    </p>
  );
}

function Facts({ view }: { view: ExchangeView }) {
  const facts: readonly Fact[] = [
    ['Model', view.model],
    ['Route', `${view.route}${view.isStreamed ? ', streamed' : ''}`],
    ['Status', String(view.status)],
  ];
  return <FactList facts={facts} />;
}

/** What one needs to find the exchange again elsewhere. */
function Identity({ view }: { view: ExchangeView }) {
  return (
    <details class="identity">
      <summary>Where else to find it</summary>
      <FactList
        facts={[
          ['Exchange', view.exchangeId],
          ['Conversation', view.conversationId],
          ['Trace', view.traceId],
          ['Featureset', view.featuresetDigest],
        ]}
      />
    </details>
  );
}

type Fact = readonly [name: string, value: string | null];

function FactList({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
