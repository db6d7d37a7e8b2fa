import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Role } from '../../detectors/index.ts';

/** One row that measures, as `training/eval_rows.py` prints it. */
export interface MeasuringRow {
  /** `written/NAME`, `later/NAME`, `dev/NAME` or `transfer/NAME`. */
  readonly part: string;
  readonly text: string;
  readonly role: Role;
  readonly labels: Readonly<Record<string, 0 | 1>>;
  readonly lang: string;
  /** Rows of one part and group were written together; empty of rows that stand alone. */
  readonly group: string;
}

/** All rows, by the training's own choice of what is not trained on.
 *  @throws Error when Python fails */
export async function readMeasuringRows(perSource?: string): Promise<MeasuringRow[]> {
  return readRows(perSource === undefined ? [] : ['--per-source', perSource], {});
}

/** The rows that come with the project alone: the same wherever they are read.
 *  @throws Error when Python fails */
export async function readWrittenRows(): Promise<MeasuringRow[]> {
  // There is no public data below that folder.
  return readRows(['--per-source', '0'], { TELLTALE_DATA_ROOT: 'training/written' });
}

async function readRows(
  options: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<MeasuringRow[]> {
  const python = spawn('python3', ['training/eval_rows.py', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    python.once('error', reject);
    python.once('close', resolve);
  });
  const rows: MeasuringRow[] = [];
  for await (const line of createInterface({ input: python.stdout }))
    rows.push(JSON.parse(line) as MeasuringRow);
  const code = await ended;
  if (code !== 0) throw new Error(`training/eval_rows.py ended with ${code}`);
  return rows;
}
