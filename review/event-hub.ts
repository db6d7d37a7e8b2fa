import type { EventPayloads } from './wire.ts';

/** What the hub may hold. */
export interface EventHubLimits {
  readonly maxListeners: number;
  /** Events that wait for one listener; one more and it is cut off, to connect again and read the list anew. */
  readonly maxQueued: number;
  /** Pause after which a sign of life is sent, so that proxies keep the connection and dead ones are noticed. */
  readonly heartbeatMs: number;
}

/** One open stream. */
export interface Subscription {
  /** Server-sent events, ready to be written. Ends with `end` and when the hub closes. */
  readonly events: AsyncIterable<string>;
  /** Aborted when the listener falls too far behind. */
  readonly cutOff: AbortSignal;
  end(): void;
}

export interface EventHubStats {
  readonly listeners: number;
  readonly refused: number;
  readonly cutOff: number;
}

/** Hands events to everyone who listens. */
export interface EventHub {
  publish<K extends keyof EventPayloads>(name: K, payload: EventPayloads[K]): void;
  /** Undefined when there are as many listeners as are allowed. */
  subscribe(): Subscription | undefined;
  stats(): EventHubStats;
  close(): void;
}

/** An event of its own: a page is not told of comments. */
const ALIVE = eventText('alive', {});

interface Listener {
  readonly subscription: Subscription;
  offer(text: string): void;
}

/** Makes a hub without listeners. */
export function createEventHub(limits: EventHubLimits): EventHub {
  const listeners = new Set<Listener>();
  let refused = 0;
  let cutOff = 0;
  const publish: EventHub['publish'] = (name, payload) => {
    const text = eventText(name, payload);
    for (const listener of listeners) listener.offer(text);
  };
  const subscribe = (): Subscription | undefined => {
    if (listeners.size >= limits.maxListeners) {
      refused += 1;
      return undefined;
    }
    const listener = createListener(limits, {
      onCutOff: () => {
        cutOff += 1;
      },
      onEnd: () => listeners.delete(listener),
    });
    listeners.add(listener);
    return listener.subscription;
  };
  const close = () => {
    for (const { subscription } of [...listeners]) subscription.end();
  };
  return { publish, subscribe, close, stats: () => ({ listeners: listeners.size, refused, cutOff }) };
}

function eventText<K extends keyof EventPayloads>(name: K, payload: EventPayloads[K]): string {
  return `event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`;
}

function createListener(
  { maxQueued, heartbeatMs }: EventHubLimits,
  { onCutOff, onEnd }: { onCutOff(): void; onEnd(): void },
): Listener {
  const queue: string[] = [];
  const cut = new AbortController();
  let isEnded = false;
  let wake = () => {};
  const end = () => {
    if (isEnded) return;
    isEnded = true;
    onEnd();
    wake();
  };
  const offer = (text: string) => {
    if (queue.length >= maxQueued) {
      onCutOff();
      end();
      cut.abort();
    } else {
      queue.push(text);
      wake();
    }
  };
  const sleep = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, heartbeatMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  async function* read(): AsyncGenerator<string> {
    yield 'retry: 2000\n\n';
    while (!isEnded) {
      if (queue.length === 0) await sleep();
      if (isEnded) return;
      yield queue.length === 0 ? ALIVE : queue.splice(0).join('');
    }
  }
  return { offer, subscription: { events: read(), cutOff: cut.signal, end } };
}
