import { conversationId } from '../conversation/conversation-id.ts';
import { subjectId } from '../conversation/subject-id.ts';
import type { RequestReading } from '../dialects/dialect.ts';
import type { GatewayParts } from './parts.ts';
import type { Way } from './refuse.ts';

/** Notes what a request that a dialect has read says of its exchange. */
export function describeRead(way: Way, reading: RequestReading): void {
  const { exchange, parts } = way;
  const header = headerOf(way);
  exchange.describe(
    {
      model: reading.model,
      isStreamed: reading.isStreamed,
      ...subjectOf(way, reading.user),
      conversationId: conversationId(parts.conversationKey, {
        header,
        field: reading.conversation ?? conversationBefore(parts, reading),
        opening: reading.opening,
        caller: exchange.identity.caller,
      }),
    },
    { isNamed: header !== undefined || reading.isBeginning !== true },
  );
}

/** The same of a request without text, by what its path and headers say. */
export function describeUnread(way: Way): void {
  const { exchange, parts, connection } = way;
  const header = headerOf(way);
  const field = exchange.route.dialect?.conversationIn?.(connection.request.url ?? '/') ?? null;
  const { caller } = exchange.identity;
  const clues = { header, field, opening: '', caller };
  const isNamed = header !== undefined || field !== null;
  exchange.describe(
    {
      ...exchange.detail(),
      ...subjectOf(way, undefined),
      ...(isNamed && { conversationId: conversationId(parts.conversationKey, clues) }),
    },
    { isNamed },
  );
}

function headerOf({ connection }: Way): string | undefined {
  const header = connection.request.headers['x-telltale-conversation-id'];
  return typeof header === 'string' ? header : undefined;
}

function subjectOf({ exchange, connection }: Way, named: string | undefined): { subject?: string } {
  const user = connection.request.headers['x-telltale-subject'] ?? named ?? exchange.identity.caller;
  return typeof user === 'string' && user !== '' ? { subject: subjectId(user) } : {};
}

/** The conversation of the answer that a request goes on from; the answer's id where it passed before a restart, or
 *  elsewhere. */
function conversationBefore({ turns }: GatewayParts, { continues }: RequestReading): string | null {
  return continues === undefined ? null : (turns.conversationOf(continues) ?? continues);
}
