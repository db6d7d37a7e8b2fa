import { mkdir, writeFile } from 'node:fs/promises';
import { createDetector } from '../detectors/index.ts';
import { aurocByPart } from './detection/chart.ts';
import { measure } from './detection/measure.ts';
import { readBaseline, reportOf } from './detection/report.ts';
import { readMeasuringRows } from './detection/rows.ts';

/** `npm run eval [-- ROWS_PER_PUBLIC_SOURCE]`: measures the shipped detector and writes docs/detection.md, its chart and
 *  bench/results/detection.json. Needs the labelled data beside the project for the public parts, and Python. */
async function main(): Promise<void> {
  const rows = await readMeasuringRows(process.argv[2]);
  const detector = await createDetector({ modelPath: 'models/default' });
  try {
    const measured = await measure(detector, rows);
    const baseline = await readBaseline('training/baseline.json');
    await mkdir('docs/images', { recursive: true });
    await writeFile('docs/images/auroc-by-part.svg', aurocByPart(measured, baseline));
    await writeFile('docs/detection.md', reportOf(measured, baseline));
    await writeFile('bench/results/detection.json', `${JSON.stringify(measured, null, 1)}\n`);
  } finally {
    await detector.close();
  }
}

await main();
