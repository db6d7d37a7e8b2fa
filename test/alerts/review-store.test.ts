import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type FlaggedQuery, type SavedReview, systemRecord } from '../../alerts/index.ts';
import { exchange, finding, ordinary } from './records.ts';
import { forEachStore, type TestStore } from './stores.ts';

async function fill(t: TestContext, store: TestStore) {
  const opened = await store.open(t);
  for (const record of records()) assert.equal((await opened.ledger.commit(record)).outcome, 'committed');
  return opened;
}

const hate = finding({ ruleId: 'r2', ruleName: 'hate', ruleTitle: 'Hate', level: 'critical' });
const mild = finding({ ruleId: 'r3', ruleName: 'mild', ruleTitle: 'Mild', level: 'low' });

const records = () => [
  exchange({ exchangeId: 'one' }),
  ordinary({ exchangeId: 'two', conversationId: 'talk' }),
  exchange({
    exchangeId: 'three',
    conversationId: 'talk',
    verdict: 'block',
    findings: [mild, hate, finding({ mode: 'shadow', ruleId: 'r4', ruleName: 's' })],
  }),
  exchange({ exchangeId: 'four', conversationId: 'talk', findings: [mild] }),
];

const queries: [query: FlaggedQuery, expected: string[]][] = [
  [{}, ['four', 'three', 'one']],
  [{ limit: 2 }, ['four', 'three']],
  [{ before: 3 }, ['one']],
  [{ rule: 'mild' }, ['four', 'three']],
  [{ rule: 'r2' }, ['three']],
  [{ rule: 'r4' }, []],
  [{ minLevel: 'high' }, ['three', 'one']],
  [{ minLevel: 'critical', rule: 'mild' }, ['three']],
  [{ state: 'reviewed' }, ['one']],
  [{ state: 'open' }, ['four', 'three']],
  [{ verdict: 'block' }, ['three']],
  [{ verdict: 'redact' }, []],
  [{ conversationId: 'talk' }, ['four', 'three']],
  [{ conversationId: 'talk', before: 4, verdict: 'block' }, ['three']],
  [{ conversationId: 'elsewhere' }, []],
  [{ words: 'three' }, ['three']],
  [{ words: 'talk' }, ['four', 'three']],
  [{ words: 'MOVED the money' }, ['four', 'three', 'one']],
  [{ words: 'moved the money', conversationId: 'talk', before: 4 }, ['three']],
  [{ words: 'nothing "of" 100 % \\ \0 this_' }, []],
  [{ words: 'one', before: 1 }, []],
  [{ words: 'moved', searchNewest: 2 }, ['four', 'three']],
  [{ words: 'moved', searchNewest: 1, before: 4 }, ['three']],
  [{ limit: 0 }, ['four']],
];

const standing = (saved: SavedReview) => ('review' in saved ? saved.review : null);

forEachStore(defineTests);

function defineTests(store: TestStore): void {
  test('of any ids those are known that are in the store', async (t) => {
    const { ledger } = await fill(t, store);
    assert.deepEqual([...(await ledger.known(['two', 'seven', "o'ne", 'one']))].sort(), ['one', 'two']);
    assert.deepEqual(await ledger.known([]), []);
  });

  test('flagged exchanges come newest first, as the query narrows them', async (t) => {
    const { ledger } = await fill(t, store);
    await ledger.saveReview({ exchangeId: 'one', verdict: 'unsure', comment: '', reviewer: 'a' });
    for (const [query, expected] of queries) {
      const found = await ledger.listFlagged(query);
      assert.deepEqual(
        found.map(({ exchangeId }) => exchangeId),
        expected,
        JSON.stringify(query),
      );
    }
  });

  test('a flagged exchange has the level of its strongest finding, which comes first, and none from the shadow', async (t) => {
    const { ledger } = await fill(t, store);
    const [three] = await ledger.listFlagged({ rule: 'r2' });
    assert.equal(three?.level, 'critical');
    assert.deepEqual(
      three?.findings.map((stored) => stored.finding.ruleName),
      ['hate', 'mild'],
    );
  });

  test('the latest review counts, earlier ones stay in the store', async (t) => {
    const { ledger, place } = await fill(t, store);
    const review = { exchangeId: 'one', comment: 'x', reviewer: 'a' };
    const first = await ledger.saveReview({ ...review, verdict: 'false_alarm' });
    const second = await ledger.saveReview({ ...review, verdict: 'correct' });
    assert.equal(standing(first)?.verdict, 'false_alarm');
    assert.deepEqual((await ledger.readExchange('one'))?.review, standing(second));
    assert.equal((await store.rows(place, 'SELECT seq FROM reviews')).length, 2);
    assert.deepEqual(await ledger.saveReview({ ...review, exchangeId: 'nowhere', verdict: 'correct' }), {
      outcome: 'unknown_exchange',
    });
    assert.equal(await ledger.readExchange('nowhere'), null);
  });

  test('a review that was taken back counts nowhere, stays in the store, and can be given again', async (t) => {
    const { ledger, place } = await fill(t, store);
    const review = { exchangeId: 'one', comment: '', reviewer: 'a' };
    await ledger.saveReview({ ...review, verdict: 'correct' });
    assert.deepEqual(await ledger.saveReview({ ...review, verdict: null }), {
      outcome: 'saved',
      review: null,
    });
    assert.equal((await ledger.readExchange('one'))?.review, null);
    assert.deepEqual(await ledger.listFlagged({ state: 'reviewed' }), []);
    assert.equal((await ledger.listFlagged({ state: 'open' })).length, 3);
    const { unreviewed, byJudgement } = await ledger.counts();
    assert.deepEqual([unreviewed, byJudgement], [3, { correct: 0, false_alarm: 0, unsure: 0 }]);
    assert.equal((await store.rows(place, 'SELECT seq FROM reviews')).length, 2);
    await ledger.saveReview({ ...review, verdict: 'unsure' });
    assert.equal((await ledger.listFlagged({ state: 'reviewed' }))[0]?.review?.verdict, 'unsure');
  });

  test('a review by somebody who has not seen the one that stands is not saved, and told which that is', async (t) => {
    const { ledger } = await fill(t, store);
    const review = { exchangeId: 'one', comment: '', verdict: 'correct' } as const;
    const first = standing(await ledger.saveReview({ ...review, reviewer: 'a', seen: null }));
    assert.equal(first?.reviewer, 'a');
    const overtaken = { outcome: 'overtaken', review: first };
    const mine = { ...review, verdict: 'false_alarm', reviewer: 'b' } as const;
    for (const seen of [null, '2026-01-01T00:00:00.000Z']) {
      assert.deepEqual(await ledger.saveReview({ ...mine, seen }), overtaken);
    }
    const both = ['b', 'c'].map((reviewer) =>
      ledger.saveReview({ ...mine, reviewer, seen: first.reviewedAt }),
    );
    const outcomes = (await Promise.all(both)).map(({ outcome }) => outcome).sort();
    assert.deepEqual(outcomes, ['overtaken', 'saved'], 'of two at once one is told of the other');
  });

  test('what no rule flagged cannot be judged', async (t) => {
    const { ledger } = await fill(t, store);
    const review = { exchangeId: 'two', verdict: 'correct', comment: '', reviewer: 'a' } as const;
    assert.deepEqual(await ledger.saveReview(review), { outcome: 'not_flagged' });
    const { unreviewed, byJudgement } = await ledger.counts();
    assert.deepEqual([unreviewed, byJudgement.correct], [3, 0]);
  });

  test('a notice that is dealt with is reviewed, and no rule is the better for it', async (t) => {
    const { ledger } = await fill(t, store);
    const rule = { id: 'telltale-store', name: 'store', title: 'The store is nearly full' };
    const at = new Date().toISOString();
    const notice = { id: 'n', rule, level: 'high', tags: [], about: 'store', text: '92 %', at } as const;
    await ledger.commit(systemRecord(notice));
    for (const exchangeId of ['n', 'one']) {
      await ledger.saveReview({ exchangeId, verdict: 'correct', comment: '', reviewer: 'a' });
    }
    const { flagged, unreviewed, byJudgement } = await ledger.counts();
    assert.deepEqual([flagged, unreviewed, byJudgement.correct], [4, 2, 1]);
  });

  test('the counts add up', async (t) => {
    const { ledger } = await fill(t, store);
    await ledger.saveReview({ exchangeId: 'one', verdict: 'unsure', comment: '', reviewer: 'a' });
    await ledger.saveReview({ exchangeId: 'one', verdict: 'correct', comment: '', reviewer: 'a' });
    await ledger.saveReview({ exchangeId: 'four', verdict: 'false_alarm', comment: '', reviewer: 'a' });
    const { byRule, ...counts } = await ledger.counts();
    assert.deepEqual(counts, {
      exchanges: 4,
      flagged: 3,
      unreviewed: 1,
      rules: 3,
      byLevel: { informational: 0, low: 1, medium: 0, high: 1, critical: 1 },
      byJudgement: { correct: 1, false_alarm: 1, unsure: 0 },
    });
    assert.deepEqual(
      byRule.map(({ ruleName, level, count }) => [ruleName, level, count]),
      [
        ['mild', 'low', 2],
        ['deception', 'high', 1],
        ['hate', 'critical', 1],
      ],
    );
  });
}
