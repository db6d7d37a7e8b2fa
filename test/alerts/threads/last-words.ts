import { parentPort } from 'node:worker_threads';

/** A thread that breaks, and says a word before and after. */
const tell = (argument: string) => parentPort?.postMessage({ kind: 'tell', method: 'counted', argument });
process.on('exit', () => tell('last'));
tell('first');
throw new Error('no memory');
