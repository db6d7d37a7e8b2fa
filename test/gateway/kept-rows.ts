import { join } from 'node:path';
import { type KeptRow, openKeptFile } from '../../alerts/index.ts';
import { createReplayer, decodeExchange, type OpenedExchange } from '../../rules/index.ts';
import { featureset } from '../rules/featureset.ts';
import type { TestGateway } from './start-gateway.ts';
import { until } from './until.ts';

/** What a gateway has kept for replay so far. */
export function keptRows({ folder }: Pick<TestGateway, 'folder'>): KeptRow[] {
  const file = openKeptFile(join(folder, 'data'));
  if (file === null) return [];
  try {
    return [...file.read({})];
  } finally {
    file.close();
  }
}

/** The first exchange that a gateway keeps, to be judged again. */
export async function firstKept(gateway: Pick<TestGateway, 'folder'>): Promise<OpenedExchange> {
  let data: Uint8Array | null = null;
  await until(() => {
    data = keptRows(gateway)[0]?.data ?? null;
    return data !== null;
  });
  return createReplayer(featureset).open(decodeExchange(data as unknown as Uint8Array));
}
