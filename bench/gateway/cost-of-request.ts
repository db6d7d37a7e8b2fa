import { createAsker } from './drive.ts';
import type { Served } from './served.ts';

/** How it is asked. */
export interface Asking {
  readonly requests: number;
  readonly connections: number;
  readonly isStreamed: boolean;
}

/** What a request costs the main thread of a served process, in milliseconds of a core.
 *  @throws where an answer is not what was expected */
export async function costOfRequest(
  served: Served,
  { requests, connections, isStreamed }: Asking,
): Promise<number> {
  const asker = createAsker(served, connections);
  const before = await served.mainThreadCpuMs();
  let left = requests;
  const worker = async () => {
    while (left-- > 0) await asker.ask(isStreamed);
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const spentMs = (await served.mainThreadCpuMs()) - before;
  await asker.close();
  if (asker.errors() > 0)
    throw new Error(`${asker.errors()} of ${requests} answers were not what was expected`);
  return spentMs / requests;
}
