import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import type {
  ErrorBody,
  ExchangePage,
  ExchangeView,
  FeatureView,
  ReviewAnswer,
  ReviewRequest,
  Summary,
} from '../../review/index.ts';
import { createReviewServer } from '../../review/index.ts';
import { createFeatureset } from './featureset.ts';
import { DECEPTION, type StartedReview, startReview } from './start.ts';

let review: StartedReview;

before(async () => {
  review = await startReview({ allowedHosts: ['review.example'] });
  await review.commit(
    { id: 'first', segments: DECEPTION, level: 'low' },
    { id: 'second', segments: DECEPTION, title: 'Jailbreak', level: 'critical' },
    { id: 'third', segments: DECEPTION, level: 'high' },
    { id: 'foreign', segments: DECEPTION, level: 'low', featuresetDigest: 'ff'.repeat(32) },
    { id: 'harmless', segments: [{ role: 'user', text: 'Good morning.' }], verdict: 'pass' },
    {
      id: 'shadowed',
      segments: DECEPTION,
      mode: 'shadow',
      verdict: 'pass',
      coverage: [
        {
          segmentId: 'request/messages/2/content/1',
          pointer: '/messages/2/content/1',
          role: 'user',
          choice: null,
          status: 'skipped',
          reason: 'image',
          tokens: 0,
          bytes: 48_211,
        },
      ],
    },
  );
});

after(() => review.close());

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${review.url}${path}`);
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as T;
}

function post(path: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  const json = { 'content-type': 'application/json' };
  return fetch(`${review.url}${path}`, { method: 'POST', headers: { ...json, ...headers }, body });
}

const ids = (page: ExchangePage): string[] => page.items.map((item) => item.exchangeId);

test('the list has the flagged exchanges, newest first, and none that no rule flagged', async () => {
  assert.deepEqual(ids(await get('/api/exchanges')), ['foreign', 'third', 'second', 'first']);
});

test('pages follow each other without a gap or a repetition', async () => {
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: ExchangePage = await get(`/api/exchanges?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
    seen.push(...ids(page));
    cursor = page.nextCursor;
  }
  assert.deepEqual(seen, ['foreign', 'third', 'second', 'first']);
});

const filters: [query: string, ids: string[]][] = [
  ['level=high', ['third', 'second']],
  ['level=critical', ['second']],
  ['rule=rule-jailbreak', ['second']],
  ['rule=rule-deception&level=medium', ['third']],
  ['rule=unknown', []],
  ['outcome=block', []],
  ['conversation=conversation-of-third', ['third']],
  ['conversation=none', []],
  ['words=Everything%20WAS%20restored', ['foreign', 'third', 'second', 'first']],
  ['words=third', ['third']],
  ['words=never%20said', []],
];

for (const [query, expected] of filters) {
  test(`the list filtered by ${query}`, async () => {
    assert.deepEqual(ids(await get(`/api/exchanges?${query}`)), expected);
  });
}

test('an exchange comes with its text, its tokens, its numbers and what supports them', async () => {
  const view = await get<ExchangeView>('/api/exchanges/third');
  const [finding] = view.findings;
  const [condition] = finding?.conditions ?? [];
  const segment = view.segments.find(({ segmentId }) => segmentId === finding?.segmentId);
  assert.equal(segment?.text, DECEPTION[1]?.text);
  assert.equal(segment?.signals['concept/deception']?.length, segment?.tokens.length);
  assert.deepEqual(condition?.calibration, {
    segments: 24_000,
    traffic: 'ordinary chat messages, held out from training',
  });
  assert.equal(typeof condition?.rarity, 'number');
  assert.deepEqual(finding?.features[0], {
    index: 812,
    label: 'claims to have done what was not done',
    value: 2.41,
    share: 0.52,
  });
});

test('a finding says whose call it is about, or that nothing tells', async () => {
  const own = await startReview();
  try {
    await own.commit(
      { id: 'result', segments: [{ role: 'tool', text: 'done as asked', hot: 'done' }] },
      { id: 'words', segments: [{ role: 'user', text: 'done as asked', hot: 'done' }] },
    );
    const toolOf = async (id: string) => {
      const { findings } = (await (await fetch(`${own.url}/api/exchanges/${id}`)).json()) as ExchangeView;
      return findings.map(({ tool }) => tool);
    };
    assert.deepEqual([await toolOf('result'), await toolOf('words')], [['find'], [null]]);
  } finally {
    await own.close();
  }
});

test('an exchange of another featureset is shown without what this one knows', async () => {
  const view = await get<ExchangeView>('/api/exchanges/foreign');
  assert.equal(view.isCurrentFeatureset, false);
  assert.equal(view.findings[0]?.conditions[0]?.calibration, null);
  assert.equal(view.findings[0]?.conditions[0]?.rarity, null);
});

test('an exchange that nothing flagged can be looked up for its coverage', async () => {
  const view = await get<ExchangeView>('/api/exchanges/shadowed');
  assert.equal(view.level, null);
  assert.deepEqual(view.findings, []);
  assert.deepEqual(view.coverage.at(-1), {
    segmentId: 'request/messages/2/content/1',
    role: 'user',
    status: 'skipped',
    reason: 'image',
    tokens: 0,
    bytes: 48_211,
  });
});

test('a verdict is stored, and the latest one counts', async () => {
  const first = await post('/api/exchanges/first/review', JSON.stringify({ judgement: 'unsure' }));
  assert.equal(((await first.json()) as ReviewAnswer).review?.judgement, 'unsure');
  const body = JSON.stringify({ judgement: 'false_alarm', comment: 'a joke' });
  assert.equal((await post('/api/exchanges/first/review', body)).status, 200);
  const { review: saved } = await get<ExchangeView>('/api/exchanges/first');
  assert.equal(saved?.judgement, 'false_alarm');
  assert.equal(saved?.comment, 'a joke');
  assert.deepEqual(ids(await get('/api/exchanges?state=reviewed')), ['first']);
  const summary = await get<Summary>('/api/summary');
  assert.equal(summary.flagged, 4);
  assert.equal(summary.unreviewed, 3);
  assert.deepEqual(summary.byLevel, { informational: 0, low: 2, medium: 0, high: 1, critical: 1 });
  assert.deepEqual(summary.byJudgement, { correct: 0, false_alarm: 1, unsure: 0 });
  assert.deepEqual(summary.byRule[0], { id: 'rule-deception', title: 'Deception', level: 'low', count: 3 });
});

test('a verdict carries the name it was given under, can be taken back, and overrides nothing unseen', async () => {
  const own = await startReview();
  try {
    await own.commit({ id: 'one', segments: DECEPTION });
    const say = async (body: ReviewRequest): Promise<[number, ReviewAnswer & Partial<ErrorBody>]> => {
      const headers = { 'content-type': 'application/json' };
      const path = `${own.url}/api/exchanges/one/review`;
      const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
      return [response.status, (await response.json()) as ReviewAnswer];
    };
    const [, { review: first }] = await say({ judgement: 'correct', reviewer: ' Ana ', seen: null });
    assert.deepEqual([first?.reviewer, first?.judgement], ['Ana', 'correct']);
    const [status, { error }] = await say({ judgement: 'unsure', reviewer: 'Ben', seen: null });
    assert.deepEqual([status, error?.code], [409, 'OVERTAKEN']);
    assert.match(error?.message ?? '', /^Ana said correct in the meantime/);
    const [, { review: second }] = await say({ judgement: 'false_alarm', seen: first?.reviewedAt ?? '' });
    assert.deepEqual([second?.reviewer, second?.judgement], ['reviewer', 'false_alarm']);
    assert.deepEqual(await say({ judgement: null, seen: second?.reviewedAt ?? '' }), [200, { review: null }]);
    assert.deepEqual(
      (await own.ledger.listFlagged({ state: 'open' })).map(({ exchangeId }) => exchangeId),
      ['one'],
    );
  } finally {
    await own.close();
  }
});

test('a feature comes with its label and examples, an unnamed one without', async () => {
  const named = await get<FeatureView>('/api/features/812');
  assert.equal(named.label, 'claims to have done what was not done');
  assert.equal(named.examples[0]?.text, 'I checked every file twice, so nothing can be wrong.');
  const unnamed = await get<FeatureView>('/api/features/4095');
  assert.deepEqual([unnamed.label, unnamed.examples], [null, []]);
});

const badReads: [path: string, status: number, code: string, message: RegExp][] = [
  ['/api/exchanges?cursor=abc', 400, 'BAD_QUERY', /cursor.*abc/],
  ['/api/exchanges?cursor=-1', 400, 'BAD_QUERY', /cursor.*-1/],
  ['/api/exchanges?limit=201', 400, 'BAD_QUERY', /limit.*201/],
  ['/api/exchanges?limit=0', 400, 'BAD_QUERY', /limit/],
  ['/api/exchanges?level=severe', 400, 'BAD_QUERY', /level.*severe/],
  ['/api/exchanges?outcome=pass', 400, 'BAD_QUERY', /outcome.*pass/],
  ['/api/exchanges?state=open&state=reviewed', 400, 'BAD_QUERY', /state/],
  ['/api/exchanges?rules=x', 400, 'BAD_QUERY', /rules/],
  ['/api/exchanges/no-such', 404, 'NOT_FOUND', /no-such/],
  ['/api/exchanges/a%20b', 400, 'BAD_ID', /a b/],
  ['/api/exchanges/..%2F..%2Fetc', 400, 'BAD_ID', /etc/],
  [`/api/exchanges/${'x'.repeat(129)}`, 400, 'BAD_ID', /128/],
  ['/api/exchanges/%E0%A4%A', 400, 'BAD_ID', /decode/i],
  ['/api/features/-1', 400, 'BAD_ID', /-1/],
  ['/api/features/1e3', 400, 'BAD_ID', /1e3/],
  ['/api/features/4096', 404, 'NOT_FOUND', /4096.*4096/],
  ['/api/nothing', 404, 'NOT_FOUND', /GET \/api\/nothing/],
  ['/nothing', 404, 'NOT_FOUND', /\/nothing/],
  ['/..%2fpackage.json', 404, 'NOT_FOUND', /package\.json/],
];

for (const [path, status, code, message] of badReads) {
  test(`GET ${path.slice(0, 60)} is answered with ${status} ${code}`, async () => {
    const response = await fetch(`${review.url}${path}`);
    const { error } = (await response.json()) as ErrorBody;
    assert.deepEqual([response.status, error.code], [status, code]);
    assert.match(error.message, message);
  });
}

const good = JSON.stringify({ judgement: 'correct' });
const badWrites: [
  what: string,
  body: string,
  headers: Record<string, string>,
  status: number,
  code: string,
][] = [
  ['not JSON', '{', {}, 400, 'BAD_BODY'],
  ['an unknown verdict', '{"judgement":"maybe"}', {}, 400, 'BAD_BODY'],
  ['no verdict', '{}', {}, 400, 'BAD_BODY'],
  ['an unknown field', '{"judgement":"correct","author":"me"}', {}, 400, 'BAD_BODY'],
  ['a list', '[]', {}, 400, 'BAD_BODY'],
  [
    'a comment too long',
    JSON.stringify({ judgement: 'correct', comment: 'x'.repeat(2_001) }),
    {},
    400,
    'BAD_BODY',
  ],
  ['a body too large', JSON.stringify({ judgement: 'x'.repeat(20_000) }), {}, 413, 'BODY_TOO_LARGE'],
  ['plain text', good, { 'content-type': 'text/plain' }, 415, 'NOT_JSON'],
  ['a form', 'judgement=correct', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'NOT_JSON'],
  ['compressed JSON', good, { 'content-encoding': 'gzip' }, 400, 'BAD_BODY'],
  ['another origin', good, { origin: 'http://evil.example' }, 403, 'CROSS_SITE'],
  ['an opaque origin', good, { origin: 'null' }, 403, 'CROSS_SITE'],
];

for (const [what, body, headers, status, code] of badWrites) {
  test(`a verdict with ${what} is refused with ${status} ${code} and not stored`, async () => {
    const response = await post('/api/exchanges/second/review', body, headers);
    const { error } = (await response.json()) as ErrorBody;
    assert.deepEqual([response.status, error.code], [status, code], error.message);
    assert.equal((await get<ExchangeView>('/api/exchanges/second')).review, null);
  });
}

test('a verdict on an exchange that is not there is refused', async () => {
  assert.equal((await post('/api/exchanges/no-such/review', good)).status, 404);
});

/** fetch sets these headers itself; a plain request sends what it is told. */
function statusWith(headers: Record<string, string>, path = '/api/summary'): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${review.url}${path}`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.once('error', reject).end();
  });
}

const hosts: [host: string, status: number][] = [
  ['127.0.0.1', 200],
  ['localhost:9999', 200],
  ['[::1]:8081', 200],
  ['LOCALHOST', 200],
  ['review.example', 200],
  ['evil.example', 403],
  ['127.0.0.1.evil.example', 403],
  ['localhost@evil.example', 403],
];

for (const [host, status] of hosts) {
  test(`a request for host "${host}" is answered with ${status}`, async () => {
    assert.equal(await statusWith({ host }), status);
    assert.equal(await statusWith({ host }, '/'), status);
  });
}

test('a request without a host is refused', async () => {
  const socket = connect(review.server.port, '127.0.0.1');
  socket.end('GET /api/summary HTTP/1.0\r\n\r\n');
  assert.match(await text(socket), /^HTTP\/1.1 403 /);
});

test("another site's page cannot read the API with the reader's browser", async () => {
  assert.equal(await statusWith({ 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await statusWith({ 'sec-fetch-site': 'same-site' }), 403);
  assert.equal(await statusWith({ 'sec-fetch-site': 'same-origin' }), 200);
  assert.equal(await statusWith({ 'sec-fetch-site': 'cross-site' }, '/'), 200);
});

test('every answer carries the headers that keep the page to itself', async () => {
  for (const path of ['/', '/api/summary', '/nothing']) {
    const { headers } = await fetch(`${review.url}${path}`);
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'/);
    assert.match(policy, /base-uri 'none'; frame-ancestors 'none'; form-action 'self'$/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
    assert.equal(headers.get('x-powered-by'), null);
  }
});

test('what the API answers is stored nowhere', async () => {
  const { headers } = await fetch(`${review.url}/api/exchanges`);
  assert.equal(headers.get('cache-control'), 'no-store');
});

test('a store that does not answer is told as such, and reported', async () => {
  const errors: unknown[] = [];
  const closed = await startReview({ onError: (error) => errors.push(error) });
  await closed.ledger.close();
  const response = await fetch(`${closed.url}/api/summary`);
  const { error } = (await response.json()) as ErrorBody;
  assert.deepEqual([response.status, error.code, errors.length], [503, 'STORE_UNAVAILABLE', 1]);
  await closed.close();
});

test('a port that is taken and a page that is not built are named at start', async () => {
  const parts = { ledger: review.ledger, featureset: createFeatureset() };
  const taken = createReviewServer({ ...parts, port: review.server.port });
  await assert.rejects(taken, {
    code: 'LISTEN_FAILED',
    message: new RegExp(`127.0.0.1:${review.server.port}`),
  });
  const unbuilt = createReviewServer({ ...parts, port: 0, webPath: '/nowhere' });
  await assert.rejects(unbuilt, { code: 'WEB_NOT_BUILT', message: /\/nowhere.*npm run build:web/ });
});
