import { NO_FILTERS } from '../state/api.ts';
import { isHelpOpen } from '../state/keys.ts';
import { liveState } from '../state/live.ts';
import { open, setFilters } from '../state/route.ts';
import { unsaved } from '../state/saves.ts';
import { summary } from '../state/summary.ts';
import { isTextShown, toggleText } from '../state/veil.ts';
import { count } from '../text/wording.ts';

const LIVE_WORDS = { connecting: 'Connecting', live: 'Live', lost: 'Not connected, trying again' };

export function TopBar() {
  const counts = summary.value;
  return (
    <header class="top-bar">
      <h1 class="brand">
        <svg viewBox="0 0 20 20" aria-hidden="true">
          <rect x="1" y="11" width="3" height="6" rx="1.2" />
          <rect x="6" y="8" width="3" height="9" rx="1.2" />
          <rect class="is-hot" x="11" y="2" width="3" height="15" rx="1.2" />
          <rect x="16" y="10" width="3" height="7" rx="1.2" />
        </svg>
        Telltale <span>review</span>
      </h1>
      <p class={`live is-${liveState.value}`} role="status">
        {LIVE_WORDS[liveState.value]}
      </p>
      <Unsaved />
      {counts !== null && (
        <button
          type="button"
          class="counts"
          title="Show what is to review"
          onClick={() => setFilters({ ...NO_FILTERS, state: 'open' })}
        >
          <b>{count(counts.unreviewed)}</b> to review of {count(counts.flagged)}
        </button>
      )}
      <button type="button" class="switch" aria-pressed={isTextShown.value} onClick={toggleText}>
        {isTextShown.value ? 'Blur all text' : 'Show all text'} <kbd>b</kbd>
      </button>
      <button type="button" class="quiet" aria-label="Keys" onClick={() => (isHelpOpen.value = true)}>
        <kbd>?</kbd>
      </button>
    </header>
  );
}

/** Leads to the conversation whose verdict did not arrive after its reader had gone on. */
function Unsaved() {
  const [first] = unsaved.value;
  const { length } = unsaved.value;
  if (first === undefined) return null;
  return (
    <p class="unsaved" role="alert">
      <button type="button" class="linklike" onClick={() => open(first)}>
        {length === 1 ? 'A verdict was not saved' : `${count(length)} verdicts were not saved`}
      </button>
    </p>
  );
}
