import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Committed } from '../../alerts/index.ts';
import { createEventHub } from '../../review/event-hub.ts';
import { createLiveFeed } from '../../review/live-feed.ts';
import { until } from '../gateway/until.ts';
import { createFeatureset } from './featureset.ts';
import { DECEPTION, type StartedReview, startReview } from './start.ts';

/** A stream of events that a test reads one by one. */
interface Listening {
  readonly response: Response;
  /** The text up to the next blank line. */
  next(): Promise<string>;
  stop(): void;
}

async function listen(review: StartedReview): Promise<Listening> {
  const stopped = new AbortController();
  const response = await fetch(`${review.url}/api/events`, { signal: stopped.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async () => {
    while (!text.includes('\n\n')) {
      const read = await reader?.read();
      if (read?.done !== false) return 'END';
      text += read.value;
    }
    const end = text.indexOf('\n\n');
    const event = text.slice(0, end);
    text = text.slice(end + 2);
    return event;
  };
  return { response, next, stop: () => stopped.abort() };
}

test('what is flagged and what is judged reach everyone who listens; what is not flagged does not', async (t) => {
  const review = await startReview();
  t.after(review.close);
  const listeners = [await listen(review), await listen(review)];
  await review.commit(
    { id: 'harmless', segments: [{ role: 'user', text: 'Good morning.' }], verdict: 'pass' },
    { id: 'one', segments: DECEPTION },
    { id: 'two', segments: DECEPTION },
  );
  await fetch(`${review.url}/api/exchanges/one/review`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"judgement":"correct"}',
  });
  for (const listener of listeners) {
    assert.match(await listener.next(), /^retry: \d+$/);
    assert.match(await listener.next(), /^event: flagged\ndata: \{"exchangeId":"one"/);
    const rest = [await listener.next(), await listener.next()].sort();
    assert.match(rest[0] ?? '', /^event: flagged\ndata: \{"exchangeId":"two"/);
    assert.match(
      rest[1] ?? '',
      /^event: reviewed\ndata: \{"exchangeId":"one","review":\{"judgement":"correct"/,
    );
    listener.stop();
  }
});

test('no more pages listen than are allowed, and one that leaves makes room', async (t) => {
  const review = await startReview({ maxListeners: 2 });
  t.after(review.close);
  const first = await listen(review);
  await listen(review);
  const refused = await fetch(`${review.url}/api/events`);
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get('retry-after'), '5');
  assert.match(await refused.text(), /TOO_MANY_LISTENERS/);
  first.stop();
  await until(() => review.server.stats().listeners < 2);
  assert.equal((await listen(review)).response.status, 200);
  assert.deepEqual(review.server.stats(), { listeners: 2, refused: 1, cutOff: 0 });
});

test('an idle stream shows signs of life', async (t) => {
  const review = await startReview({ heartbeatMs: 10 });
  t.after(review.close);
  const listener = await listen(review);
  assert.match(await listener.next(), /^retry/);
  assert.equal(await listener.next(), 'event: alive\ndata: {}');
  assert.equal(await listener.next(), 'event: alive\ndata: {}');
});

test('the server stops though pages listen, and their streams end', async (t) => {
  const review = await startReview();
  t.after(review.close);
  const listener = await listen(review);
  await listener.next();
  await review.close();
  assert.equal(await listener.next(), 'END');
});

test('a listener that does not read is cut off, the others are not', async () => {
  const hub = createEventHub({ maxListeners: 9, maxQueued: 3, heartbeatMs: 60_000 });
  const slow = hub.subscribe();
  const quick = hub.subscribe();
  const reader = quick?.events[Symbol.asyncIterator]();
  await reader?.next();
  for (let count = 0; count < 5; count += 1) {
    hub.publish('behind', {});
    const { value } = (await reader?.next()) ?? {};
    assert.equal(value, 'event: behind\ndata: {}\n\n');
  }
  assert.equal(slow?.cutOff.aborted, true);
  assert.equal(quick?.cutOff.aborted, false);
  assert.deepEqual(hub.stats(), { listeners: 1, refused: 0, cutOff: 1 });
  hub.close();
});

test('a burst beyond what is sent one by one asks the pages to read the list again', async (t) => {
  const review = await startReview();
  t.after(review.close);
  const hub = createEventHub({ maxListeners: 1, maxQueued: 99, heartbeatMs: 60_000 });
  const reader = hub.subscribe()?.events[Symbol.asyncIterator]();
  let tell = (_committed: Committed) => {};
  const onCommitted = (listener: typeof tell) => {
    tell = listener;
    return () => {};
  };
  const ledger = { ...review.ledger, onCommitted };
  createLiveFeed({ ledger, featureset: createFeatureset(), hub, onError: assert.ifError });
  const committed = { isFlagged: true, alerts: 1 };
  await review.commit(...Array.from({ length: 49 }, (_, at) => ({ id: `few-${at}`, segments: DECEPTION })));
  tell({ ...committed, exchangeId: 'few-0', cursor: 1 });
  await reader?.next();
  const few = String((await reader?.next())?.value);
  assert.equal(few.match(/^event: flagged$/gm)?.length, 49);
  assert.ok(few.indexOf('few-0"') < few.indexOf('few-48"'));
  await review.commit(...Array.from({ length: 50 }, (_, at) => ({ id: `many-${at}`, segments: DECEPTION })));
  tell({ ...committed, exchangeId: 'many-49', cursor: 99 });
  assert.equal((await reader?.next())?.value, 'event: behind\ndata: {}\n\n');
  hub.close();
});
