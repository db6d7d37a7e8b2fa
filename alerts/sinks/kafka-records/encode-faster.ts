import { createRequire } from 'node:module';
import { AlertsError } from '../../alerts-error.ts';
import { encodeProduce, type ProduceRequest } from './encode-produce.ts';

/** The version whose bytes are known, and whose inside has the part that is replaced. */
const KAFKAJS = '2.2.4';

/** What kafkajs has for one kind of request: for each version what makes one. */
export interface ProduceProtocol {
  protocol(asked: { readonly version: number }): (request: ProduceRequest) => {
    readonly request: { readonly encode: () => Promise<EncodedBody> };
    readonly response: unknown;
  };
}

/** What kafkajs reads of what it has encoded. */
interface EncodedBody {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

/** From this version on records are in batches; kafkajs speaks up to 7. */
const FIRST_VERSION = 3;
const LAST_VERSION = 7;

const PART = 'kafkajs/src/protocol/requests/produce/index.js';

let isDone = false;

/** Has kafkajs' producers in this thread encode uncompressed records by `encodeProduce`: the same bytes for a fifth of the
 *  time. All else of a request and its answer stays kafkajs' own.
 *  @param requirePart - from where kafkajs is loaded; default: from here
 *  @throws {AlertsError} KAFKAJS_UNKNOWN, each time, where another version is installed */
export function encodeFaster(requirePart: (name: string) => unknown = createRequire(import.meta.url)): void {
  if (isDone) return;
  const { version } = requirePart('kafkajs/package.json') as { readonly version: string };
  if (version !== KAFKAJS) {
    const message = `kafkajs ${version} is installed, records are encoded as ${KAFKAJS} does: install that one`;
    throw new AlertsError('KAFKAJS_UNKNOWN', message);
  }
  const produce = requirePart(PART) as ProduceProtocol;
  produce.protocol = fasterProtocol(produce.protocol);
  isDone = true;
}

/** The same protocol with another `encode`, where that can be used. */
export function fasterProtocol(protocol: ProduceProtocol['protocol']): ProduceProtocol['protocol'] {
  return ({ version }) => {
    const create = protocol({ version });
    if (version < FIRST_VERSION || version > LAST_VERSION) return create;
    return (asked) => {
      const created = create(asked);
      if (asked.compression !== 0 || asked.transactionalId) return created;
      const encode = async (): Promise<EncodedBody> => {
        const buffer = encodeProduce(asked, Date.now());
        return { buf: buffer, buffer };
      };
      return { ...created, request: { ...created.request, encode } };
    };
  };
}
