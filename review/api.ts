import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express, { type Request, type Response, type Router } from 'express';
import type { ReviewStore, Review as StoredReview } from '../alerts/index.ts';
import type { Featureset } from '../detectors/index.ts';
import type { EventHub } from './event-hub.ts';
import { exchangeItem, reviewView } from './exchange-item.ts';
import { exchangeView } from './exchange-view.ts';
import { featureView } from './feature-view.ts';
import { exchangeId, featureIndex, listQuery, parse, reviewBody } from './requests.ts';
import { ReviewError } from './review-error.ts';
import type { ExchangePage, ExchangeView, FeatureView, ReviewAnswer, Summary } from './wire.ts';

const MAX_BODY = '16kb';

export interface ApiParts {
  readonly ledger: ReviewStore;
  readonly featureset: Featureset;
  readonly hub: EventHub;
  readonly gatewayUrl: string;
  /** The name under which reviews are saved that bring none. */
  readonly reviewer: string;
}

/** The routes below `/api`. Answers are the types of `wire.ts`. */
export function createApi(parts: ApiParts): Router {
  const api = express.Router();
  api.get('/exchanges', async (request, response) => {
    response.json(await listExchanges(parts, request));
  });
  api.get('/exchanges/:id', async (request, response) => {
    response.json(await readExchange(parts, request.params.id));
  });
  api.post('/exchanges/:id/review', jsonOnly, async (request, response) => {
    response.json(await saveReview(parts, request.params['id'], request.body));
  });
  api.get('/features/:index', (request, response) => {
    response.json(readFeature(parts, request.params.index));
  });
  api.get('/summary', async (_request, response) => {
    response.json(await readSummary(parts));
  });
  api.get('/events', (_request, response) => streamEvents(parts, response));
  api.use((request) => {
    throw new ReviewError('NOT_FOUND', `there is no ${request.method} /api${request.path}`);
  });
  return api;
}

const jsonBody = express.json({ limit: MAX_BODY, inflate: false });

/** Forms of other sites can post text, never JSON: only JSON is read. */
function jsonOnly(request: Request, response: Response, next: (error?: unknown) => void): void {
  const type = JSON.stringify(request.headers['content-type'] ?? null);
  const refusal = new ReviewError('NOT_JSON', `Content-Type must be application/json, was ${type}`);
  if (request.is('application/json') === 'application/json') jsonBody(request, response, next);
  else next(refusal);
}

async function listExchanges({ ledger, featureset }: ApiParts, request: Request): Promise<ExchangePage> {
  const { cursor, limit, ...asked } = parse(listQuery, request.query, 'BAD_QUERY');
  const { rule, level, state, outcome, conversation, words } = asked;
  const page = await ledger.listFlagged({
    limit,
    ...(cursor !== undefined && { before: cursor }),
    ...(rule !== undefined && { rule }),
    ...(level !== undefined && { minLevel: level }),
    ...(state !== undefined && { state }),
    ...(outcome !== undefined && { verdict: outcome }),
    ...(conversation !== undefined && { conversationId: conversation }),
    ...(words !== undefined && { words }),
  });
  const last = page.length === limit ? page.at(-1) : undefined;
  const items = page.map((exchange) => exchangeItem(exchange, featureset));
  return { items, nextCursor: last === undefined ? null : String(last.cursor) };
}

async function readExchange({ ledger, featureset }: ApiParts, rawId: unknown): Promise<ExchangeView> {
  const id = parse(exchangeId, rawId, 'BAD_ID');
  const exchange = await ledger.readExchange(id);
  if (exchange === null) throw notFound(id);
  return exchangeView(exchange, featureset);
}

async function saveReview(parts: ApiParts, rawId: unknown, body: unknown): Promise<ReviewAnswer> {
  const { ledger, hub } = parts;
  const id = parse(exchangeId, rawId, 'BAD_ID');
  const { judgement, comment, reviewer = parts.reviewer, seen } = parse(reviewBody, body, 'BAD_BODY');
  const said = { exchangeId: id, verdict: judgement, comment, reviewer };
  const saved = await ledger.saveReview(seen === undefined ? said : { ...said, seen });
  if (saved.outcome === 'unknown_exchange') throw notFound(id);
  if (saved.outcome === 'not_flagged') throw notFlagged(id);
  if (saved.outcome === 'overtaken') throw overtaken(saved.review);
  const review = saved.review === null ? null : reviewView(saved.review);
  hub.publish('reviewed', { exchangeId: id, review });
  return { review };
}

function overtaken(review: StoredReview | null): ReviewError {
  const what =
    review === null
      ? 'the verdict was taken back'
      : `${review.reviewer} said ${review.verdict.replace('_', ' ')}`;
  return new ReviewError('OVERTAKEN', `${what} in the meantime; look at it and choose again`);
}

function readFeature({ featureset }: ApiParts, rawIndex: unknown): FeatureView {
  const index = parse(featureIndex, rawIndex, 'BAD_ID');
  if (index < featureset.dictionarySize) return featureView(featureset.feature(index));
  const size = featureset.dictionarySize;
  throw new ReviewError('NOT_FOUND', `there is no feature ${index}; the dictionary has ${size}, from 0`);
}

async function readSummary({ ledger, gatewayUrl }: ApiParts): Promise<Summary> {
  const { flagged, unreviewed, byLevel, rules, byRule, byJudgement } = await ledger.counts();
  const named = byRule.map(({ ruleId, ruleTitle, level, count }) => ({
    id: ruleId,
    title: ruleTitle,
    level,
    count,
  }));
  return { flagged, unreviewed, byLevel, rules, byRule: named, byJudgement, gatewayUrl };
}

async function streamEvents({ hub }: ApiParts, response: Response): Promise<void> {
  const subscription = hub.subscribe();
  if (subscription === undefined) {
    response.set('Retry-After', '5');
    throw new ReviewError(
      'TOO_MANY_LISTENERS',
      'too many pages listen for new items; close one or try again',
    );
  }
  // Kept alive after its end, the connection would hold up a stop.
  response.set({ 'Content-Type': 'text/event-stream', Connection: 'close', 'X-Accel-Buffering': 'no' });
  response.once('close', subscription.end);
  // However the stream ends, the listener ends it: the page left, fell behind, or the server stops.
  await pipeline(Readable.from(subscription.events), response, { signal: subscription.cutOff }).catch(
    () => {},
  );
}

function notFlagged(id: string): ReviewError {
  return new ReviewError('NOT_FLAGGED', `no rule flagged exchange ${id}: there is nothing to judge`);
}

function notFound(id: string): ReviewError {
  return new ReviewError('NOT_FOUND', `there is no exchange ${id} in the store`);
}
