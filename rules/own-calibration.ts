import { z } from 'zod';
import {
  type Aggregate,
  aggregateSchema,
  type Calibration,
  type CalibrationCurve,
  type Featureset,
  type Role,
  rarityOn,
  roleSchema,
  type SignalId,
  type Threshold,
  thresholdFor,
} from '../detectors/index.ts';
import { createProblem, type SourceText } from './problem.ts';
import { type CalibratedFeatureset, keyOfSubject, type RateSubject } from './rate-subject.ts';
import type { RuleProblem } from './types.ts';

const curveSchema = z
  .strictObject({
    signal: z.string().min(1),
    /** Taken off the signal, token by token; absent where nothing is. */
    minus: z.string().min(1).optional(),
    aggregate: z.union([
      aggregateSchema,
      z.strictObject({ kind: z.enum(['sum', 'count_above', 'ema']), window: z.int().nonnegative() }),
    ]),
    /** Of `count_above`: the level that a token counts above. */
    level: z.number().optional(),
    /** Whose segments; null for all. */
    role: roleSchema.nullable(),
    /** Of which route, as rules call it; null for all. */
    route: z.string().min(1).max(1024).nullable().default(null),
    segments: z.int().positive(),
    /** values[i] is the ranks[i]-th highest score. */
    ranks: z.array(z.int().positive()).min(1),
    values: z.array(z.number()).min(1),
  })
  .refine(
    ({ aggregate, level }) => (aggregate.kind === 'count_above') === (level !== undefined),
    'level goes with count_above',
  )
  .refine(({ ranks, values }) => ranks.length === values.length, 'must have as many ranks as values')
  .refine(({ ranks }) => ranks.every((rank, i) => i === 0 || rank > (ranks[i - 1] ?? 0)), 'ranks must ascend')
  .refine(
    ({ values }) => values.every((value, i) => i === 0 || value <= (values[i - 1] ?? 0)),
    'values must not ascend',
  );

/** Rules are compiled once for each. */
export const MAX_CALIBRATED_ROUTES = 64;

/** How a team's own ordinary traffic scores. */
export const ownCalibrationSchema = z.strictObject({
  version: z.literal(1),
  /** Digest of the featureset that the traffic was scored with. */
  featureset: z.string().min(1),
  /** What the traffic was, for people. */
  traffic: z.string().min(1).max(500),
  /** When it was learned, ISO 8601. */
  created: z.iso.datetime(),
  segments: z.int().positive(),
  curves: z.array(curveSchema).min(1),
});

export type OwnCalibration = z.infer<typeof ownCalibrationSchema>;

export interface Calibrated {
  readonly featureset: CalibratedFeatureset;
  /** For each route that has curves of its own: what it cannot say is taken from `featureset`. */
  readonly routes: ReadonlyMap<string, CalibratedFeatureset>;
  readonly problems: readonly RuleProblem[];
}

/** A featureset that promises rates by the traffic of the team, for the signals and aggregates that its calibrations
 *  hold; of those the featureset's own calibration says nothing any more, since its traffic is another. */
export function withCalibrations(
  featureset: Featureset & Partial<CalibratedFeatureset>,
  files: readonly SourceText[],
): Calibrated {
  const known: Curves = { whole: new Map(), byRoute: new Map() };
  const problems = files.flatMap((file) => readInto(known, file, featureset));
  const own: Calibration = {
    curve: (signal, aggregate, role) => known.whole.get(keyOf(plain(signal, aggregate), role)),
  };
  const calibrated: CalibratedFeatureset = {
    ...featureset,
    ownThreshold: (subject, rate, role) =>
      known.whole.has(keyOf(subject))
        ? thresholdFor(curvesOf(known.whole, subject), subject.signal, { aggregate: ANY, rate, role })
        : featureset.ownThreshold?.(subject, rate, role),
    threshold: (signal, aggregate, rate, role) =>
      own.curve(signal, aggregate) === undefined
        ? featureset.threshold(signal, aggregate, rate, role)
        : thresholdFor(own, signal, { aggregate, rate, role }),
    rarity: (signal, aggregate, value) => {
      const curve = own.curve(signal, aggregate);
      return curve === undefined ? featureset.rarity(signal, aggregate, value) : rarityOn(curve, value);
    },
  };
  const routes = [...known.byRoute].map(
    ([route, curves]) => [route, withRoute(calibrated, route, curves)] as const,
  );
  return { featureset: calibrated, routes: new Map(routes), problems };
}

type CurveMap = Map<string, CalibrationCurve>;

interface Curves {
  readonly whole: CurveMap;
  readonly byRoute: Map<string, CurveMap>;
}

/** A route's curve counts where it is of the role that is asked for and carries the rate. */
function withRoute(whole: CalibratedFeatureset, route: string, curves: CurveMap): CalibratedFeatureset {
  const onRoute = (subject: RateSubject, rate: number, role: Role | undefined): Threshold | undefined => {
    const curve = curves.get(keyOf(subject, role));
    if (curve === undefined) return undefined;
    const found = thresholdFor({ curve: () => curve }, subject.signal, { aggregate: ANY, rate, role });
    return 'refused' in found ? undefined : { ...found, traffic: `${found.traffic}; ${route} alone` };
  };
  return {
    ...whole,
    threshold: (signal, aggregate, rate, role) =>
      onRoute(plain(signal, aggregate), rate, role) ?? whole.threshold(signal, aggregate, rate, role),
    ownThreshold: (subject, rate, role) =>
      onRoute(subject, rate, role) ?? whole.ownThreshold(subject, rate, role),
  };
}

/** The curve that is looked up is known: of which aggregate it is does not matter. */
const ANY: Aggregate = { kind: 'max', window: 1 };

function curvesOf(curves: CurveMap, subject: RateSubject): Calibration {
  return { curve: (_signal, _aggregate, role) => curves.get(keyOf(subject, role)) };
}

function plain(signal: SignalId, aggregate: Aggregate): RateSubject {
  return { signal, minus: null, aggregate, level: null };
}

function readInto({ whole, byRoute }: Curves, file: SourceText, { digest }: Featureset): RuleProblem[] {
  const refuse = (message: string) => [createProblem(file, 0, message)];
  const parsed = ownCalibrationSchema.safeParse(parseJson(file.text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse(`is no calibration: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  const { featureset, traffic, curves: read } = parsed.data;
  if (featureset !== digest) {
    const [learned, loaded] = [featureset, digest].map((one) => one.slice(0, 12));
    return refuse(
      `the calibration was learned with featureset ${learned}, loaded is ${loaded}; learn it again with telltale rules calibrate, or remove it`,
    );
  }
  for (const curve of read) {
    const { signal, aggregate, role, route, segments, ranks, values } = curve;
    const curves = route === null ? whole : (byRoute.get(route) ?? new Map());
    if (route !== null) byRoute.set(route, curves);
    if (byRoute.size > MAX_CALIBRATED_ROUTES) {
      return refuse(`the calibrations speak of more than ${MAX_CALIBRATED_ROUTES} routes`);
    }
    const key = keyOf(subjectOf(curve), role ?? undefined);
    if (curves.has(key)) {
      const where = route === null ? '' : ` on ${route}`;
      return refuse(`${signal} under ${aggregate.kind}${where} is calibrated twice; keep one of the files`);
    }
    const sample = { ranks: Uint32Array.from(ranks), values: Float32Array.from(values) };
    curves.set(key, { segments, traffic, ...sample });
  }
  return [];
}

/** What a curve is of, as its file says it. */
type WrittenSubject = Pick<OwnCalibration['curves'][number], keyof RateSubject>;

function subjectOf({ signal, minus, aggregate, level }: WrittenSubject): RateSubject {
  return {
    signal: signal as SignalId,
    minus: (minus ?? null) as SignalId | null,
    aggregate,
    level: level ?? null,
  };
}

/** What a curve is of, as a calibration's file has it. */
export function writtenOf({ signal, minus, aggregate, level }: RateSubject): WrittenSubject {
  return {
    signal,
    ...(minus === null ? {} : { minus }),
    aggregate: { ...aggregate } as WrittenSubject['aggregate'],
    ...(level === null ? {} : { level }),
  };
}

function keyOf(subject: RateSubject, role?: Role): string {
  return `${keyOfSubject(subject)}|${role ?? 'all'}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
