import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { StoredExchange } from '../../alerts/index.ts';
import { correlationsText } from '../rules/correlation-text.ts';
import { type KafkaBroker, startKafka } from '../services/kafka.ts';
import { answerRecorded, RECORDING, type RecordedRequest } from './recorded-requests.ts';
import { recordWithin, rule, ruleFile, startGateway, type TestGateway } from './start-gateway.ts';
import { scoringOf, startTestWorker } from './start-worker.ts';
import { startUpstream } from './test-upstream.ts';

let kafka: KafkaBroker;

before(async () => {
  kafka = await startKafka();
});
after(() => kafka?.close());

const RULES = {
  'a.yaml': ruleFile([
    rule({ name: 'said', target: 'output' }),
    rule({ name: 'asked', target: 'input', mode: 'shadow' }),
    rule({ name: 'called', target: 'tool_call' }),
    rule({ name: 'told', target: 'system' }),
    rule({ name: 'finds', target: 'tool_call' }).replace(
      '    condition: met',
      '      finding: {field: tool, equals: find}\n    condition: met and finding',
    ),
  ]),
  'b.yaml': correlationsText({ name: 'often', rules: '[said]', timespan: '1h', condition: '{gte: 5}' }),
};

async function play(gateway: TestGateway, { path, method = 'POST', body }: RecordedRequest): Promise<string> {
  const headers = {
    'content-type': 'application/json',
    'x-telltale-conversation-id': 'one',
    'x-telltale-tenant': 'acme',
    'x-telltale-subject': 'somebody',
  };
  const response = await fetch(gateway.url + path, { method, headers, ...(body !== undefined && { body }) });
  await response.arrayBuffer();
  return response.headers.get('x-telltale-exchange-id') ?? '';
}

/** All that does not differ from one run to the next. */
function comparable({
  exchangeId,
  cursor,
  startedAt,
  endedAt,
  traceId,
  findings,
  ...rest
}: StoredExchange): object {
  return {
    ...rest,
    findings: findings.map(({ finding: { correlation, ...finding }, excerpt }) => ({
      ...finding,
      excerpt,
      correlation: correlation && { ...correlation, events: correlation.events.map(({ ruleId }) => ruleId) },
    })),
  };
}

async function startBoth(context: TestContext, topic: string) {
  const upstream = await startUpstream(context, answerRecorded);
  const inline = await startGateway(context, { upstream: upstream.url, rules: RULES });
  const place = { brokers: kafka.brokers, topic };
  const handing = await startGateway(context, {
    upstream: upstream.url,
    rules: RULES,
    config: { scoring: scoringOf(place) },
  });
  const worker = await startTestWorker(context, { ...place, rules: RULES });
  return { inline, handing, worker };
}

test('a worker finds in every exchange of a recording what the gateway finds in line', async (context) => {
  const { inline, handing, worker } = await startBoth(context, 'findings');
  const played = [];
  for (const request of RECORDING) {
    played.push({
      name: request.name,
      here: await play(inline, request),
      elsewhere: await play(handing, request),
    });
  }
  let flagged = 0;
  for (const { name, here, elsewhere } of played) {
    const expected = await recordWithin(inline, here);
    const given = await recordWithin(worker, elsewhere);
    assert.deepEqual(comparable(given), comparable(expected), name);
    flagged += expected.findings.length > 0 ? 1 : 0;
  }
  assert.ok(flagged > 10, `${flagged} exchanges were flagged`);
  const [ofWorker, ofInline] = await Promise.all([worker.ledger.counts(), inline.ledger.counts()]);
  assert.deepEqual(ofWorker, ofInline);
  assert.equal((await handing.ledger.counts()).exchanges, 0, 'the gateway keeps none');
  assert.equal((await handing.ledger.unscored.depth('')).depth, 0, 'and none waits');
});
