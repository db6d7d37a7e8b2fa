import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A server in a process of its own, so that it does not share the driver's event loop. */
export interface Served {
  readonly url: string;
  /** Where it tells what it counts; null where it counts nothing. */
  readonly metricsUrl: string | null;
  /** What it wants of every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Resident memory after a garbage collection, in MiB. */
  rssMb(): Promise<number>;
  /** What its main thread has used of a core since it began, in milliseconds. */
  mainThreadCpuMs(): Promise<number>;
  /** The same of all its threads. */
  allThreadsCpuMs(): Promise<number>;
  close(): Promise<void>;
}

/** Starts a server.
 *  @param name - of its file, seen from this folder
 *  @param settings - handed to it as JSON */
export async function serve(
  name: 'upstream' | 'express-proxy' | 'telltale' | 'portkey' | 'otlp-drain' | '../worker/worker-process',
  settings: object = {},
): Promise<Served> {
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const child = fork(file, [JSON.stringify(settings)], {
    execArgv: [
      '--expose-gc',
      '--disable-warning=ExperimentalWarning',
      '--disable-warning=TimeoutNegativeWarning',
    ],
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} ended with ${code} before it served`);
  });
  const [{ url, metricsUrl, headers }] = (await Promise.race([once(child, 'message'), failed])) as [
    Pick<Served, 'url' | 'metricsUrl' | 'headers'>,
  ];
  failed.catch(() => {});
  const cpuMs = async (question: string) => {
    child.send(question);
    const [answer] = (await once(child, 'message')) as [{ cpuMs: number }];
    return answer.cpuMs;
  };
  return {
    url,
    metricsUrl,
    headers,
    async rssMb() {
      child.send('memory');
      const [{ rssMb }] = (await once(child, 'message')) as [{ rssMb: number }];
      return rssMb;
    },
    mainThreadCpuMs: () => cpuMs('cpu'),
    allThreadsCpuMs: () => cpuMs('all cpu'),
    async close() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
