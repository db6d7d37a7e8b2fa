import type { DetectionFinding } from './event.ts';
import { toEvent } from './to-event.ts';
import type { Alert } from './types.ts';

/** `type` of the events; a change that readers must know of gets another number. */
export const EVENT_TYPE = 'telltale.detection_finding.v1';

/** Attributes of the CloudEvent that an alert becomes, `id` to drop duplicates by. */
export interface CloudEventAttributes {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: typeof EVENT_TYPE;
  readonly time: string;
  readonly subject: string;
  readonly partitionkey: string;
}

/** A CloudEvent 1.0 in structured mode. */
export interface CloudEvent extends CloudEventAttributes {
  readonly datacontenttype: 'application/json';
  readonly data: DetectionFinding;
}

/** Where an event comes from and where people read more. */
export interface EventOrigin {
  /** URI reference that names this gateway; default `/telltale`. */
  readonly source?: string;
  /** Address of the review for the events' links; without it they carry a path. */
  readonly reviewUrl?: string;
}

function attributesOf(alert: Alert, source: string): CloudEventAttributes {
  return {
    specversion: '1.0',
    id: alert.id,
    source,
    type: EVENT_TYPE,
    time: alert.createdAt,
    subject: alert.exchangeId,
    partitionkey: alert.conversationId,
  };
}

/** Headers of a CloudEvent 1.0 in Kafka's binary mode; the value is the event's data.
 *  @param source - URI reference that names this gateway
 *  @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md */
export function cloudEventHeaders(alert: Alert, source: string): Record<string, string> {
  const attributes = Object.entries(attributesOf(alert, source));
  const headers = Object.fromEntries(attributes.map(([name, value]) => [`ce_${name}`, value]));
  return { ...headers, 'content-type': 'application/json' };
}

/** The event with its data in one JSON document, as webhooks get it.
 *  @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
export function structuredEvent(
  alert: Alert,
  { source = '/telltale', reviewUrl }: EventOrigin = {},
): CloudEvent {
  const data = toEvent(alert, reviewUrl);
  return { ...attributesOf(alert, source), datacontenttype: 'application/json', data };
}
