import { mkdir, writeFile } from 'node:fs/promises';
import { createDetector } from '../../detectors/index.ts';
import { costChart } from './cost-chart.ts';
import { heatMap } from './heat-map.ts';
import { languageChart } from './language-chart.ts';
import { readMeasured } from './measured.ts';
import { readAnswers, SIGNAL } from './read-answers.ts';
import { signalChart } from './signal-chart.ts';

const MODEL = 'models/default';
const OUT = 'docs/images';

/** `npm run docs:chart`: draws what the shipped reader makes of three answers, and what training measured of it. */
async function main(): Promise<void> {
  const detector = await createDetector({ modelPath: MODEL, workers: 1 });
  try {
    const answers = await readAnswers(detector);
    const { aggregate } = detector.featureset.concept('deception') ?? {
      aggregate: { kind: 'max', window: 1 },
    };
    const threshold = detector.featureset.threshold(SIGNAL, aggregate, 0.01);
    await mkdir(OUT, { recursive: true });
    const drawn = 'value' in threshold ? { value: threshold.value, aggregate } : null;
    await writeFile(`${OUT}/signal.svg`, signalChart(answers.slice(0, 2), drawn));
    await writeFile(`${OUT}/heat-map.svg`, heatMap(answers));
  } finally {
    await detector.close();
  }
  const measured = readMeasured(`${MODEL}/measures.json`);
  await writeFile(`${OUT}/quality-against-cost.svg`, costChart(measured.costs));
  await writeFile(`${OUT}/language-agreement.svg`, languageChart(measured));
}

await main();
