import { type Fault, fault, present } from './fault.ts';
import { parseSeries } from './series.ts';
import { parseOffset } from './words.ts';

/** What a test reads: exactly one of them. */
export const TEST_SOURCES = ['text', 'messages', 'ok', 'series', 'activations', 'events'] as const;

/** The keys that must go together. */
interface TestKeys {
  readonly text?: string | undefined;
  readonly messages?: readonly { readonly content: string }[] | undefined;
  readonly ok?: string | undefined;
  readonly series?: Readonly<Record<string, string>> | undefined;
  readonly activations?: string | undefined;
  readonly events?: readonly { readonly at: string }[] | undefined;
  readonly alerts?: readonly unknown[] | undefined;
  readonly role?: string | undefined;
  readonly expect?: 'fire' | 'quiet' | undefined;
  readonly span?: string | undefined;
  readonly tokens?: readonly number[] | undefined;
  readonly known?: 'miss' | 'false_alarm' | undefined;
}

/** Keys of a test that do not go together. */
export function findTestFaults(test: TestKeys): Fault[] {
  const faults: Fault[] = [];
  const add = (path: Fault['path'], message: string) => faults.push(fault(path, message));
  if (present(test, TEST_SOURCES).length !== 1)
    add([], `must have exactly one of ${TEST_SOURCES.join(', ')}`);
  if (test.events !== undefined || test.alerts !== undefined) return [...faults, ...alertFaults(test)];
  if (test.ok !== undefined && test.expect !== undefined)
    add(['expect'], 'does not go with ok, which means quiet');
  if (test.ok === undefined && test.expect === undefined) add([], 'must have expect: fire or quiet');
  if (test.role !== undefined && test.messages !== undefined) {
    add(['role'], 'does not go with messages, which carry their own roles');
  }
  const isQuiet = test.ok !== undefined || test.expect === 'quiet';
  if (test.known !== undefined && (test.known === 'false_alarm') !== isQuiet) {
    add(['known'], 'is "miss" where fire is expected, "false_alarm" where quiet is');
  }
  return [...faults, ...spanFaults(test, isQuiet)];
}

/** A test of alerts takes findings as given: nothing is read. */
function alertFaults(test: TestKeys): Fault[] {
  const { events, alerts } = test;
  if (events === undefined) return [fault(['alerts'], 'goes with events')];
  const faults = present(test, ['role', 'expect', 'span', 'tokens', 'known']).map((key) =>
    fault([key], 'does not go with events, which are findings already'),
  );
  if (alerts === undefined)
    faults.push(fault([], 'must have alerts beside events: the times of those that become alerts'));
  const times = events.map(({ at }) => parseOffset(at));
  const early = times.findIndex((at, i) => at < (times[i - 1] ?? 0));
  if (early >= 0) faults.push(fault(['events', early, 'at'], 'must not be before the event above'));
  return faults;
}

function spanFaults({ text, messages, series = {}, span, tokens }: TestKeys, isQuiet: boolean): Fault[] {
  const faults: Fault[] = [];
  const add = (path: Fault['path'], message: string) => faults.push(fault(path, message));
  const read = [text ?? '', ...(messages ?? []).map(({ content }) => content)];
  if (isQuiet && span !== undefined) add(['span'], 'goes with expect: fire');
  if (isQuiet && tokens !== undefined) add(['tokens'], 'goes with expect: fire');
  if (span !== undefined && !read.some((one) => one.includes(span))) {
    add(['span'], 'must be a passage of the text');
  }
  const [first = 0, last = 0] = tokens ?? [];
  if (first > last) add(['tokens'], 'must be the first token, then the last');
  const lengths = new Set(Object.values(series).map((one) => parseSeries(one).length));
  if (lengths.size > 1)
    add(['series'], `must be of one length, they have ${[...lengths].join(' and ')} tokens`);
  return faults;
}
