import type {
  ErrorBody,
  ExchangePage,
  ExchangeView,
  FeatureView,
  ReviewAnswer,
  ReviewRequest,
  Summary,
} from '../../../wire.ts';

const TIMEOUT_MS = 15_000;

/** The status of what is not in the store, or no longer. */
export const NOT_FOUND = 404;

/** What the server refused or could not do, in its own words. */
export class ApiError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** Filters of the list; an empty string does not filter. */
export interface Filters {
  readonly rule: string;
  readonly level: string;
  readonly state: string;
  readonly outcome: string;
  readonly words: string;
}

export const NO_FILTERS: Filters = { rule: '', level: '', state: '', outcome: '', words: '' };

export const fetchPage = (filters: Filters, cursor: string | null): Promise<ExchangePage> => {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value.trim() !== ''));
  if (cursor !== null) query.set('cursor', cursor);
  return request<ExchangePage>(`api/exchanges?${query}`);
};

export const fetchExchange = (id: string): Promise<ExchangeView> =>
  request<ExchangeView>(`api/exchanges/${encodeURIComponent(id)}`);

export const fetchFeature = (index: number): Promise<FeatureView> =>
  request<FeatureView>(`api/features/${index}`);

export const fetchSummary = (): Promise<Summary> => request<Summary>('api/summary');

/** The newest flagged exchanges of one conversation. */
export const fetchConversation = (conversation: string, limit: number): Promise<ExchangePage> =>
  request<ExchangePage>(`api/exchanges?${new URLSearchParams({ conversation, limit: String(limit) })}`);

export const postReview = (id: string, review: ReviewRequest): Promise<ReviewAnswer> =>
  request<ReviewAnswer>(`api/exchanges/${encodeURIComponent(id)}/review`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(review),
  });

async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => {
    throw new ApiError('The server does not answer. Is Telltale still running?', 0);
  });
  const body = (await response.json().catch(() => null)) as T | ErrorBody | null;
  if (response.ok && body !== null) return body as T;
  const unsaid = `The server answered ${response.status}${response.ok ? ', but not with what was asked for' : ''}.`;
  const message = (body as ErrorBody | null)?.error.message ?? unsaid;
  throw new ApiError(message, response.status);
}

/** A sentence for any thrown value. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
