// A process that reads with two threads, and closes the detector as soon as one text is read and the others are not.
import { setTimeout } from 'node:timers/promises';
import { createDetector, DetectorError } from '../../../detectors/index.ts';

const detector = await createDetector({ modelPath: 'models/default', workers: 2, timeoutMs: 240_000 });
const signals = detector.featureset.concepts.map(({ name }) => `concept/${name}` as const);

async function read(i: number): Promise<string> {
  try {
    await detector.createScorer({ role: 'user', signals }).end(`${i} some words `.repeat(60));
    return 'read';
  } catch (error) {
    return error instanceof DetectorError ? error.code : String(error);
  }
}

const outcomes = Array.from({ length: 60 }, (_, i) => read(i));
await Promise.race(outcomes);
// In the middle of what the threads were given next, on most machines.
await setTimeout(100);
await detector.close();
process.stdout.write([...new Set(await Promise.all(outcomes))].sort().join());
