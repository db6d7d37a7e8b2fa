import type { Alert } from './types.ts';

/** `type` of the events; a change that readers must know of gets another number. */
export const EVENT_TYPE = 'telltale.detection_finding.v1';

/** Headers of a CloudEvent 1.0 in Kafka's binary mode; the value is the event's data.
 *  @param source - URI reference that names this gateway
 *  @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md */
export function cloudEventHeaders(alert: Alert, source: string): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: alert.id,
    ce_source: source,
    ce_type: EVENT_TYPE,
    ce_time: alert.createdAt,
    ce_subject: alert.exchangeId,
    ce_partitionkey: alert.conversationId,
    'content-type': 'application/json',
  };
}
