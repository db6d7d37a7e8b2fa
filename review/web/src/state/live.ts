import { batch, signal } from '@preact/signals';
import type { EventPayloads } from '../../../wire.ts';
import { refreshDetail } from './detail.ts';
import { insert } from './list.ts';
import { refreshList } from './refresh.ts';
import { loadSummary } from './summary.ts';
import { receiveReview } from './verdict.ts';

/** Whether new items arrive by themselves. */
export const liveState = signal<'connecting' | 'live' | 'lost'>('connecting');

const RETRY_MS = 5_000;
const SUMMARY_PAUSE_MS = 400;
/** Three times the pause after which the server shows a sign of life: a connection that is silent for so long is dead, though
 *  nothing has ended it, as after a change of network. */
const SILENCE_MS = 45_000;

let source: EventSource | null = null;
let summaryTimer = 0;
let silenceTimer = 0;

/** Listens while the tab is seen: a browser allows six connections a host, and hidden tabs would use them up. */
export function startLive(): void {
  document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
  if (!document.hidden) connect();
}

function connect(): void {
  disconnect();
  source = new EventSource('api/events');
  heardSomething();
  source.addEventListener('open', () => {
    heardSomething();
    liveState.value = 'live';
    // Whatever happened before the connection stood is in the list, not in the stream.
    void refreshList();
    refreshDetail();
    void loadSummary();
  });
  listen(source, 'flagged', (item) => insert(item));
  listen(source, 'reviewed', ({ exchangeId, review }) => receiveReview(exchangeId, review));
  listen(source, 'behind', () => void refreshList());
  source.addEventListener('alive', heardSomething);
  source.addEventListener('error', () => {
    liveState.value = 'lost';
    // A refused stream is closed for good by the browser; a cut one it opens again itself.
    if (source?.readyState === EventSource.CLOSED) setTimeout(() => source !== null && connect(), RETRY_MS);
  });
}

function listen<K extends keyof EventPayloads>(
  from: EventSource,
  name: K,
  receive: (payload: EventPayloads[K]) => void,
): void {
  from.addEventListener(name, (event) => {
    heardSomething();
    batch(() => receive(JSON.parse(event.data) as EventPayloads[K]));
    clearTimeout(summaryTimer);
    summaryTimer = window.setTimeout(loadSummary, SUMMARY_PAUSE_MS);
  });
}

/** Connects anew when nothing is heard for too long from now on. */
function heardSomething(): void {
  clearTimeout(silenceTimer);
  silenceTimer = window.setTimeout(() => {
    liveState.value = 'lost';
    connect();
  }, SILENCE_MS);
}

function disconnect(): void {
  clearTimeout(silenceTimer);
  source?.close();
  source = null;
}
