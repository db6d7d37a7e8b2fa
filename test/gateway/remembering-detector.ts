import type { Detector, SegmentScorer } from '../../detectors/index.ts';
import { createMemory } from '../../detectors/segment-memory.ts';
import { createWordDetector } from './word-detector.ts';

/** The word detector, which remembers what it has scored as the real one does. `texts` are those that it read. */
export function createRememberingDetector(): ReturnType<typeof createWordDetector> {
  const words = createWordDetector();
  const memory = createMemory({ maxBytes: 4 * 1024 * 1024, maxEntries: 10_000 });
  const plans = new Map<string, number>();
  const createScorer: Detector['createScorer'] = (options) => {
    const { role, signals } = options;
    const key = signals.join();
    plans.set(key, plans.get(key) ?? plans.size);
    const own = memory.open({ role, plan: plans.get(key) ?? 0 });
    const inner = words.createScorer(options);
    const noted = (activations: Awaited<ReturnType<SegmentScorer['end']>>) => {
      own.note(activations);
      return activations;
    };
    return {
      recall: own.recall,
      async push(text) {
        own.add(text);
        return noted(await inner.push(text));
      },
      async end(text = '') {
        own.add(text);
        const found = noted(await inner.end(text));
        own.keep();
        return found;
      },
      provisional: inner.provisional,
      tokensFinal: inner.tokensFinal,
    };
  };
  return { ...words, createScorer };
}
