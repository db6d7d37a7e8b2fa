import type { IncomingMessage } from 'node:http';
import type { Fields } from '../../rules/index.ts';
import type { Identity } from '../conversation/identify.ts';
import type { ExchangeDetail } from '../telemetry/index.ts';
import type { Route } from './parts.ts';

/** What rules may ask of an exchange, as far as it is known. The language is what the request's header says,
 *  which counts where a segment's own text tells none. */
export function exchangeFields(
  { name, dialect }: Route,
  { model, conversationId }: ExchangeDetail,
  { headers, identity }: Pick<IncomingMessage, 'headers'> & { readonly identity: Identity },
): Fields {
  return {
    route: name,
    dialect: dialect?.name ?? null,
    model,
    conversation: conversationId,
    ...identity,
    language: single(headers['content-language']),
  };
}

function single(header: string | readonly string[] | undefined): string | null {
  return typeof header === 'string' && header !== '' ? header : null;
}
