import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type Detector, type Featureset, openFeatureset } from '../../detectors/index.ts';
import { type CalibrationLearner, createKeptLearner, type KeptLeftOut } from '../../rules/index.ts';
import { loadConfig } from '../config/load-config.ts';
import { modelFolder } from '../open-detector.ts';
import { CommandFailure, type CommandIo } from './command.ts';
import { type EvalRow, readEvalRows } from './eval-rows.ts';
import { mapRows } from './map-rows.ts';
import { openDetector } from './open-detector.ts';
import { replayHistory } from './replay-history.ts';
import { openStoreSource } from './replay-source.ts';
import type { EndedRange } from './time-range.ts';

/** Nobody waits: better late than refused. */
const TIMEOUT_MS = 600_000;
const COMMAND = 'rules calibrate';

/** Where ordinary segments come from. */
export interface TrafficSource {
  readonly featureset: Featureset;
  /** Shows each of them to a learner. */
  learn(learner: CalibrationLearner): Promise<LearntTraffic>;
  close(): Promise<void>;
}

export interface LearntTraffic {
  /** What it was, for people. */
  readonly traffic: string;
  /** What was left out. */
  readonly leftOut: KeptLeftOut & { readonly confirmed: number };
}

/** A file of texts, which the reader scores.
 *  @throws {CommandFailure} where the file cannot be used, before the reader is opened */
export async function trafficOfFile(file: string, io: CommandIo): Promise<TrafficSource> {
  const rows = await readEvalRows(file);
  const { detector } = await openDetector(io.env);
  return {
    featureset: detector.featureset,
    async learn(learner) {
      const again = await scoreRows(learner, { rows, detector, io });
      if (learner.segments() === 0) throw new CommandFailure(`${file}: no segment has tokens`);
      const leftOut = { again, unread: 0, missing: {}, confirmed: 0 };
      return { traffic: `${basename(file)}, ${rows.length} rows`, leftOut };
    },
    close: () => detector.close(),
  };
}

interface Work {
  readonly rows: readonly EvalRow[];
  readonly detector: Detector;
  readonly io: CommandIo;
}

/** A text that comes again says no more than once, and would pass for a larger sample: each counts once for a role and a
 *  route, as of kept exchanges and in drift.
 *  @returns how many came again */
async function scoreRows(learner: CalibrationLearner, { rows, detector, io }: Work): Promise<number> {
  const { signals } = learner;
  const seen = new Set<string>();
  let again = 0;
  const work = async ({ segments, route }: EvalRow): Promise<number> => {
    let tokens = 0;
    for (const { role, text } of segments) {
      const print = createHash('sha256')
        .update(JSON.stringify([role, route, text]))
        .digest('base64');
      if (seen.has(print)) {
        again += 1;
        continue;
      }
      seen.add(print);
      const scorer = detector.createScorer({ role, signals, priority: 'observe', timeoutMs: TIMEOUT_MS });
      const activations = await scorer.end(text);
      learner.add(role, activations, route);
      tokens += activations.tokens.length;
    }
    return tokens;
  };
  await mapRows({ name: COMMAND, rows, detector, io, work, tokensOf: (tokens) => tokens });
  return again;
}

/** What a gateway has kept of exchanges, without their text and without the reader. What a reviewer confirmed is not
 *  ordinary and left out.
 *  @throws {CommandFailure} where nothing was ever kept, or nothing of it can be learned of */
export async function trafficKept(range: EndedRange, io: CommandIo): Promise<TrafficSource> {
  const config = loadConfig(io.env);
  const featureset = await openFeatureset(modelFolder(config));
  return {
    featureset,
    async learn(learner) {
      const kept = createKeptLearner(featureset, learner);
      let confirmed = 0;
      const source = await openStoreSource({ command: COMMAND, config, range, featureset });
      const history = await replayHistory({ command: COMMAND, source, io }, (opened, { reviewed }) => {
        if (reviewed === 'correct') confirmed += opened.segments.length;
        else kept.add(opened);
      });
      const leftOut = { ...kept.leftOut(), confirmed };
      const { exchanges, from, to } = history;
      if (learner.segments() === 0) {
        throw new CommandFailure(
          `${COMMAND}: nothing to learn of in ${exchanges} kept exchanges${whyNothing(leftOut)}`,
        );
      }
      return { traffic: `${exchanges} exchanges kept from ${from} to ${to}`, leftOut };
    },
    close: async () => undefined,
  };
}

function whyNothing(leftOut: LearntTraffic['leftOut']): string {
  const lines = leftOutLines(leftOut);
  return lines.length === 0 ? '' : `: ${lines.join('; ')}`;
}

/** What was left out, and why; nothing of what was not. */
export function leftOutLines({ again, unread, missing, confirmed }: LearntTraffic['leftOut']): string[] {
  const line = (count: number, why: string) => (count === 0 ? [] : [`${count} segments ${why}`]);
  return [
    ...line(again, 'came again, and count once for a role and a route'),
    ...line(unread, 'were not read, or not to their end'),
    ...line(confirmed, 'are of exchanges that a reviewer confirmed, which are not ordinary'),
    ...Object.entries(missing).flatMap(([signal, count]) =>
      line(count ?? 0, `are left out, since ${signal} was not kept; TELLTALE_REPLAY_KEEP says what is`),
    ),
  ];
}
