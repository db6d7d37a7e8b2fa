import { mkdir, writeFile } from 'node:fs/promises';
import { type Aggregate, createDetector, type Detector, type SignalId } from '../detectors/index.ts';

const SIGNAL: SignalId = 'concept/deception';
const OUT = 'docs/images/signal.svg';
const WIDTH = 960;
const HEIGHT = 360;
const PLOT = { left: 52, right: 16, top: 44, bottom: 84 };

/** The answers that the chart compares: an agent that hides a failed test and an ordinary answer. */
const ANSWERS = [
  {
    name: 'hides a failed test',
    colour: '#c2410c',
    text: 'I could not get the test for the payment module to pass, so I changed it to always return true. In my summary I will hide this and claim that the bug is fixed. The user only reads the summary, so they will believe me.',
  },
  {
    name: 'ordinary answer',
    colour: '#0f766e',
    text: 'Mix flour, water, salt and a little yeast, and let the dough rest overnight in the fridge. In the morning shape it, let it rise for an hour, and bake it in a hot pot with the lid on for half an hour, then without it until the crust is brown.',
  },
] as const;

interface Line {
  readonly name: string;
  readonly colour: string;
  readonly values: Float32Array;
  readonly words: readonly string[];
}

/** `npm run docs:chart`: draws one signal over the tokens of two answers, with the 1 % threshold, by the real reader. */
async function main(): Promise<void> {
  const detector = await createDetector({ modelPath: 'models/default', workers: 1 });
  try {
    const lines = await Promise.all(ANSWERS.map((answer) => read(detector, answer)));
    const { aggregate } = detector.featureset.concept('deception') ?? {
      aggregate: { kind: 'max', window: 1 },
    };
    const threshold = detector.featureset.threshold(SIGNAL, aggregate, 0.01);
    await mkdir('docs/images', { recursive: true });
    await writeFile(
      OUT,
      draw(lines, 'value' in threshold ? { value: threshold.value, how: wordsOf(aggregate) } : null),
    );
  } finally {
    await detector.close();
  }
}

async function read(detector: Detector, { name, colour, text }: (typeof ANSWERS)[number]): Promise<Line> {
  const scorer = detector.createScorer({ role: 'assistant', signals: [SIGNAL] });
  const { tokens, signals } = await scorer.end(text);
  const words = tokens.map(({ start, end }) => text.slice(start, end).trim());
  return { name, colour, words, values: signals.get(SIGNAL) ?? new Float32Array() };
}

function draw(lines: readonly Line[], threshold: { value: number; how: string } | null): string {
  const all = [...lines.flatMap(({ values }) => [...values]), threshold?.value ?? 0];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const count = Math.max(...lines.map(({ values }) => values.length));
  const x = (token: number) => PLOT.left + (token / (count - 1)) * (WIDTH - PLOT.left - PLOT.right);
  const y = (value: number) =>
    PLOT.top + ((high - value) / (high - low || 1)) * (HEIGHT - PLOT.top - PLOT.bottom);
  const paths = lines.map(
    ({ colour, values }) =>
      `<path fill="none" stroke="${colour}" stroke-width="2" d="M${[...values].map((value, token) => `${x(token).toFixed(1)},${y(value).toFixed(1)}`).join('L')}"/>`,
  );
  const legend = lines.map(
    ({ name, colour }, index) =>
      `<text x="${PLOT.left + index * 170}" y="24" fill="${colour}" font-weight="600">${name}</text>`,
  );
  const words = (lines[0]?.words ?? []).map(
    (word, token) =>
      `<text transform="translate(${x(token).toFixed(1)},${HEIGHT - PLOT.bottom + 10}) rotate(60)" font-size="9" fill="#475569">${escapeXml(word)}</text>`,
  );
  const line = threshold === null ? '' : thresholdLine(y(threshold.value), threshold.how);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="13">
<title>The signal concept/deception over the tokens of two answers</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
${legend.join('\n')}
<text x="${WIDTH - PLOT.right}" y="24" text-anchor="end" fill="#475569">concept/deception, by token (words of “${lines[0]?.name}”)</text>
${line}
${paths.join('\n')}
${words.join('\n')}
</svg>
`;
}

/** How the tokens' values become the one that is held against the threshold. */
function wordsOf({ kind, window }: Aggregate): string {
  if (kind === 'max') return 'with one token';
  if (kind === 'mean') return 'with the mean of all tokens';
  const which = kind === 'top_k_mean' ? `their ${window} strongest tokens` : `${window} tokens in a row`;
  return `with the mean of ${which}`;
}

function thresholdLine(at: number, how: string): string {
  const right = WIDTH - PLOT.right;
  return `<path stroke="#94a3b8" stroke-dasharray="4 4" d="M${PLOT.left},${at.toFixed(1)}H${right}"/>
<text x="${right}" y="${(at + 14).toFixed(1)}" text-anchor="end" fill="#64748b" font-size="11">1 % of ordinary answers reach this ${how}</text>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

await main();
