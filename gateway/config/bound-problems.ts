import type { Look } from './contradiction.ts';
import { EVERYWHERE } from './everywhere.ts';
import type { Config } from './schema.ts';
import { isSetIn } from './set-in.ts';

const MIN_IN_FLIGHT = ['limits', 'min_in_flight'];
const LISTENERS = ['server', 'review', 'metrics'] as const;

/** Bounds that stand the wrong way round, and ports that are asked for twice.
 *  @param settings - what was set, before the defaults */
export function boundProblems(config: Config, settings: object): Look[] {
  const { limits, store } = config;
  return [
    // A least number that nobody has set gives way to a smaller most.
    limits.min_in_flight > limits.max_in_flight &&
      isSetIn(settings, MIN_IN_FLIGHT) && {
        path: MIN_IN_FLIGHT,
        message: 'more than may be at once',
        beside: ['limits', 'max_in_flight'],
      },
    store.high_water_bytes !== null &&
      store.max_bytes !== null &&
      store.high_water_bytes > store.max_bytes && {
        path: ['store', 'high_water_bytes'],
        message: 'the store never grows so far, so nothing would be sampled before it is full',
        beside: ['store', 'max_bytes'],
      },
    store.max_bytes !== null &&
      store.database_url !== null && {
        path: ['store', 'max_bytes'],
        message:
          'it bounds the file in the data folder, and nothing in a database: leave it out, or set high_water_bytes, above which less is recorded there too',
        beside: ['store', 'database_url'],
      },
    ...portProblems(config),
    ...silenceProblems(config),
  ];
}

function portProblems(config: Config): Look[] {
  return LISTENERS.map((name, index) => {
    const taken = LISTENERS.slice(0, index).find((other) => isSameAddress(config[name], config[other]));
    const message = 'two cannot listen on one port';
    return taken !== undefined && { path: [name, 'port'], message, beside: [taken, 'port'] };
  });
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function isSameAddress(a: Address, b: Address): boolean {
  if (a.port === 0 || a.port !== b.port) return false;
  return a.host === b.host || EVERYWHERE.includes(a.host) || EVERYWHERE.includes(b.host);
}

function silenceProblems({ silences }: Config): Look[] {
  return silences.map(
    ({ starts_at: start, ends_at: end }, index) =>
      start !== undefined &&
      Date.parse(start) >= Date.parse(end) && {
        path: ['silences', index, 'ends_at'],
        message: 'it would end before it begins',
        beside: ['silences', index, 'starts_at'],
      },
  );
}
