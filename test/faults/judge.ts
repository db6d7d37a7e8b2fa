import type { DetectionFinding } from '../../alerts/index.ts';
import type { ReadMessage } from '../alerts/topic-reader.ts';
import type { Sent } from './driver.ts';

/** What the topic holds, held against what the client knows. */
export interface Judgement {
  readonly acknowledged: number;
  readonly expected_alerts: number;
  /** Alerts of acknowledged exchanges that are not in the topic. */
  readonly missing: number;
  /** Events of nothing that was sent, or of answers that must not alert. */
  readonly ghosts: number;
  /** Events that came again: their id was there already. */
  readonly duplicates: number;
  /** Events whose content is not what was answered, or not what came under the same id before. */
  readonly altered: number;
  /** First arrivals before those of an earlier exchange of the conversation. */
  readonly out_of_order: number;
  /** Events of exchanges whose client never saw the end: recorded, so delivered. */
  readonly unacknowledged_alerts: number;
}

/** @param sent - the driver's record, by serial number
 *  @param messages - the topic, partition after partition in order */
export function judge(sent: ReadonlyMap<number, Sent>, messages: readonly ReadMessage[]): Judgement {
  const first = new Map<string, string>();
  const arrived = new Set<number>();
  const last = new Map<string, number>();
  const counts = { ghosts: 0, duplicates: 0, altered: 0, out_of_order: 0 };
  for (const { key, headers, value } of messages) {
    const id = headers['ce_id'] ?? '';
    const known = first.get(id);
    if (known !== undefined) {
      counts.duplicates += 1;
      if (known !== value) counts.altered += 1;
      continue;
    }
    first.set(id, value);
    const event = JSON.parse(value) as DetectionFinding;
    const { excerpt } = event.evidences[0].data;
    const serial = Number(/^answer (\d+) /.exec(excerpt)?.[1]);
    const one = sent.get(serial);
    if (one === undefined || !one.isExpected || arrived.has(serial)) {
      counts.ghosts += 1;
      continue;
    }
    arrived.add(serial);
    if (!isAsSent(one, event, { id, key })) counts.altered += 1;
    if (serial < (last.get(key) ?? -1)) counts.out_of_order += 1;
    last.set(key, Math.max(serial, last.get(key) ?? -1));
  }
  const acknowledged = [...sent.values()].filter(({ isAcknowledged }) => isAcknowledged);
  const expected = acknowledged.filter(({ isExpected }) => isExpected);
  return {
    acknowledged: acknowledged.length,
    expected_alerts: expected.length,
    missing: expected.filter(({ serial }) => !arrived.has(serial)).length,
    ...counts,
    unacknowledged_alerts: [...arrived].filter((serial) => sent.get(serial)?.isAcknowledged === false).length,
  };
}

function isAsSent(one: Sent, event: DetectionFinding, { id, key }: { id: string; key: string }): boolean {
  const { exchange_id: exchangeId, conversation_id: conversation } = event.unmapped;
  const isExchange = one.exchangeId === null || one.exchangeId === exchangeId;
  const isConversation = one.conversation === conversation && conversation === key;
  return (
    isExchange &&
    isConversation &&
    event.finding_info.uid === id &&
    event.evidences[0].data.excerpt === one.answer
  );
}
