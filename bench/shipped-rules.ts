import { writeFile } from 'node:fs/promises';
import { createDetector } from '../detectors/index.ts';
import { formatProblems, loadRules } from '../rules/index.ts';
import { MEASURED_FILE } from '../rules/measured.ts';
import { SHIPPED_FOLDER } from '../rules/shipped-rules.ts';
import { readWrittenRows } from './detection/rows.ts';
import { measureRules } from './shipped-rules/measure-rules.ts';

/** `npm run eval:rules`: measures each shipped rule on the committed rows that nothing was trained on, and writes
 *  rules/shipped/measured.json; `npm run docs` takes the figures into the rule reference. Needs Python and no other data. */
async function main(): Promise<void> {
  const rows = await readWrittenRows();
  const detector = await createDetector({ modelPath: 'models/default' });
  try {
    const loaded = await loadRules([SHIPPED_FOLDER], detector.featureset);
    if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
    const measured = await measureRules({ detector, ruleSet: loaded.ruleSet }, rows);
    await writeFile(MEASURED_FILE, `${JSON.stringify(measured, null, 1)}\n`);
  } finally {
    await detector.close();
  }
}

await main();
