import { compiledOf } from '../compiled.ts';
import { beginEvents, observeEvents, passTime } from '../events/observe.ts';
import type { EventState, EventStep, Observed } from '../events/types.ts';
import type { Finding, RuleSet } from '../types.ts';

/** What correlations and the grouping of alerts made of a history, beside what they found in its exchanges. */
export interface ReplayedEvents {
  /** Findings that time alone has made, in the order of their times. */
  readonly late: readonly Observed[];
  /** By the id of a correlation: what has come together and waits at the end for what must not follow, or for
   *  its window to close. */
  readonly waiting: ReadonlyMap<string, number>;
  /** Findings that were held back, by the name of their rule. */
  readonly heldBack: ReadonlyMap<string, number>;
  /** Groups that were given up for newer ones before their time was over. */
  readonly evicted: number;
}

/** Shows the findings of exchanges, in the order of their times, to the correlations of one set of rules: what a gateway
 *  does that has counted nothing before, in the time of the exchanges. */
export interface EventReplay {
  /** @returns the findings, marked where their rule groups alerts, and those that correlations make of them */
  observe(observed: readonly Observed[]): readonly Finding[];
  /** Time passes and nothing more comes.
   *  @param at - milliseconds since 1970 */
  end(at: number): ReplayedEvents;
}

export function createEventReplay(ruleSet: RuleSet): EventReplay {
  const { compiledCorrelations } = compiledOf(ruleSet);
  const late: Observed[] = [];
  const heldBack = new Map<string, number>();
  let state: EventState = beginEvents();
  let evicted = 0;

  function take(step: EventStep): readonly Finding[] {
    ({ state } = step);
    evicted += step.evicted;
    late.push(...step.late);
    for (const [name, count] of step.heldBack) heldBack.set(name, (heldBack.get(name) ?? 0) + count);
    return step.findings;
  }

  return {
    observe: (observed) => (observed.length === 0 ? [] : take(observeEvents(ruleSet, state, observed))),
    end(at) {
      take(passTime(ruleSet, state, at));
      const count = (key: string) => state.waiting.filter(({ correlation }) => correlation === key).length;
      const waiting = new Map(compiledCorrelations.map(({ id, key }) => [id, count(key)]));
      return { late, waiting, heldBack, evicted };
    },
  };
}
