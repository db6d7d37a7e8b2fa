import type { IncomingMessage } from 'node:http';
import type { Fields } from '../../rules/index.ts';
import type { ExchangeDetail } from '../telemetry/index.ts';
import type { Route } from './parts.ts';

/** What rules may ask of an exchange, as far as it is known. Tenant and language are what the request's headers say:
 *  where callers are not trusted, a proxy before the gateway must set them. */
export function exchangeFields(
  { name, dialect }: Route,
  { model, conversationId }: ExchangeDetail,
  { headers }: Pick<IncomingMessage, 'headers'>,
): Fields {
  return {
    route: name,
    dialect: dialect?.name ?? null,
    model,
    conversation: conversationId,
    tenant: single(headers['x-telltale-tenant']),
    language: single(headers['content-language']),
  };
}

function single(header: string | readonly string[] | undefined): string | null {
  return typeof header === 'string' && header !== '' ? header : null;
}
