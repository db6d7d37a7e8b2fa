import { text as readAll } from 'node:stream/consumers';
import type { Detector, TokenSpan } from '../../detectors/index.ts';
import { type Call, defineCommand, UsageError, writeJson } from './command.ts';
import { openDetector } from './open-detector.ts';
import { ROLE_NAMES, roleNamed } from './roles.ts';
import {
  chooseSignals,
  type FeatureReport,
  reportFeatures,
  reportSignals,
  type SignalReport,
} from './score-report.ts';
import { type SegmentText, scoreSegment } from './score-segment.ts';
import { shadeTokens } from './shade.ts';
import { formatTable } from './table.ts';

const options = {
  text: { type: 'string' },
  role: { type: 'string', default: 'user' },
  signal: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const;

/** `telltale score`: tokens and signals of one text. */
export const scoreCommand = defineCommand({
  name: 'score',
  summary: 'Score a text: its tokens, signals and features',
  usage: '--text TEXT [--role ROLE] [--signal concept/NAME …] [--json]',
  details: `
--text TEXT      what to score; - reads standard input
--role ROLE      who says it: ${ROLE_NAMES}; default user
--signal SIGNAL  concept/NAME, feature/INDEX or probe/NAME; may be repeated; default all concepts

On a terminal the tokens are shaded by the rarest signal: the strongest shade is at its threshold for one ordinary
segment in a hundred, or over it. rarity is -log10 of the share of ordinary segments that score so high. A disguised
text (invisible or look-alike letters, base64, hexadecimal, letters set apart, sentences in capitals, digits for letters,
rot13, backwards) is read a second time without its disguise.`,
  options,
  maxPositionals: 0,
  run: runScore,
});

async function runScore({ values, io }: Call<typeof options>): Promise<number> {
  const role = roleNamed(values.role, 'score');
  if (values.text === undefined) throw new UsageError('score: --text is needed');
  const text = values.text === '-' ? await readAll(process.stdin) : values.text;
  const { detector } = await openDetector(io.env, 1);
  try {
    const { featureset } = detector;
    const signals = chooseSignals(featureset, values.signal);
    const scores = await scoreSegment(detector, { role, text, signals });
    const reports = reportSignals(featureset, scores);
    const features = reportFeatures(featureset, scores, reports);
    if (values.json) {
      const { name, version, digest } = featureset;
      const tokens = scores.tokens.map(({ start, end }) => ({ start, end, text: text.slice(start, end) }));
      const view = await readView(detector, { role, text, signals });
      writeJson(io, {
        role,
        featureset: { name, version, digest },
        tokens,
        signals: reports,
        features,
        view,
      });
      return 0;
    }
    io.stdout.write(`${io.hasColours ? shadeText(text, scores.tokens, reports[0]) : text}\n\n`);
    io.stdout.write(`${signalTable(reports)}\n${featureTable(features, reports)}`);
    const view = await readView(detector, { role, text, signals });
    if (view !== null) io.stdout.write(`\n${viewText(view)}`);
    return 0;
  } finally {
    await detector.close();
  }
}

/** A disguised text without its disguise, and what that says; null where it wears none. */
async function readView(detector: Detector, segment: SegmentText) {
  const view = detector.readableView(segment.text);
  if (view === null) return null;
  const { text, changes } = view;
  const scores = await scoreSegment(detector, { ...segment, text });
  return { text, changes, signals: reportSignals(detector.featureset, scores) };
}

function viewText({ text, changes, signals }: NonNullable<Awaited<ReturnType<typeof readView>>>): string {
  return `Disguised (${changes.join(', ')}); it reads: ${text}\n\n${signalTable(signals)}`;
}

function shadeText(text: string, tokens: readonly TokenSpan[], signal: SignalReport | undefined): string {
  if (signal === undefined) return text;
  const full = signal.thresholds['0.01'] ?? Math.max(...signal.per_token);
  return shadeTokens(
    text,
    tokens,
    signal.per_token.map((value) => value / full),
  );
}

function signalTable(reports: readonly SignalReport[]): string {
  const rows = reports.map(({ signal, value, rarity, thresholds }) => [
    signal,
    ...[value, thresholds['0.01'], thresholds['0.001'], rarity].map(figure),
    rarityWords(rarity),
  ]);
  return formatTable([['signal', 'value', 'at 1 %', 'at 0.1 %', 'rarity', 'ordinary segments'], ...rows]);
}

function rarityWords(rarity: number | null): string {
  if (rarity === null) return '-';
  const oneIn = 10 ** rarity;
  return oneIn < 2 ? 'common' : `1 in ${Math.round(oneIn).toLocaleString('en')}`;
}

function featureTable(features: readonly FeatureReport[], reports: readonly SignalReport[]): string {
  if (features.length === 0) return '';
  const concept = reports.find(({ signal }) => signal.startsWith('concept/'))?.signal ?? '';
  const rows = features.map(({ index, label, activation, contribution }) => [
    label ?? '(no label)',
    `feature/${index}`,
    figure(activation),
    figure(contribution),
  ]);
  return formatTable([[`features of ${concept}`, '', 'activation', 'contribution'], ...rows]);
}

function figure(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}
