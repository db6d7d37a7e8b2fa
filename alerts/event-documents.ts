import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import product from '../package.json' with { type: 'json' };
import { EVENT_TYPE } from './cloud-event.ts';
import { detectionFindingSchema } from './event.ts';

type Json = Readonly<Record<string, unknown>>;

const SCHEMA_FILE = 'detection-finding.v1.schema.json';

/** The JSON Schema (2020-12) of an event's data, out of the schema by which it is made. */
export function eventSchema(): Json {
  const schema = z.toJSONSchema(detectionFindingSchema, { target: 'draft-2020-12' });
  return { ...schema, $id: EVENT_TYPE, title: 'Alert of Telltale: OCSF Detection Finding (class 2004)' };
}

const text = (description: string): Json => ({ type: 'string', description });

const ATTRIBUTES: Readonly<Record<string, Json>> = {
  specversion: { const: '1.0' },
  id: text("The alert's id, the same whenever it is delivered: drop duplicates by it."),
  source: text('Names the gateway.'),
  type: { const: EVENT_TYPE },
  time: { type: 'string', format: 'date-time', description: 'The end of the exchange.' },
  subject: text('The exchange.'),
  partitionkey: text('The conversation; within it events come in the order of their exchanges.'),
};

/** The CloudEvents of both ways out as an AsyncAPI 3 document: binary mode on Kafka, structured mode to webhooks. */
export function asyncApi(): Json {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Alerts of Telltale',
      version: '1.0.0',
      license: { name: product.license },
      description:
        'Delivered at least once. Duplicates have the same id; first arrivals of a conversation are in order.',
    },
    defaultContentType: 'application/json',
    channels: {
      kafka: {
        address: '{topic}',
        parameters: {
          topic: { default: 'telltale.alerts', description: 'kafka.topic of the configuration' },
        },
        messages: { alert: { $ref: '#/components/messages/binaryAlert' } },
      },
      webhook: {
        address: '/',
        description: 'The url of a webhook sink.',
        messages: { alert: { $ref: '#/components/messages/structuredAlert' } },
      },
    },
    operations: { toKafka: sendTo('kafka'), toWebhook: sendTo('webhook') },
    components: {
      messages: { binaryAlert: binaryMessage(), structuredAlert: structuredMessage() },
      schemas: { detectionFinding: { $ref: `./${SCHEMA_FILE}` } },
    },
  };
}

function sendTo(channel: string): Json {
  const messages = [{ $ref: `#/channels/${channel}/messages/alert` }];
  return { action: 'send', channel: { $ref: `#/channels/${channel}` }, messages };
}

function binaryMessage(): Json {
  const headers = Object.fromEntries(
    Object.entries(ATTRIBUTES).map(([name, schema]) => [`ce_${name}`, schema]),
  );
  const properties = { ...headers, 'content-type': { const: 'application/json' } };
  return {
    name: EVENT_TYPE,
    summary: 'A CloudEvent 1.0 in binary mode',
    contentType: 'application/json',
    headers: { type: 'object', properties, required: Object.keys(properties) },
    payload: { $ref: '#/components/schemas/detectionFinding' },
    bindings: { kafka: { key: text('The conversation.') } },
  };
}

function structuredMessage(): Json {
  const properties = {
    ...ATTRIBUTES,
    datacontenttype: { const: 'application/json' },
    data: { $ref: '#/components/schemas/detectionFinding' },
  };
  const signature = {
    'webhook-id': text("The alert's id."),
    'webhook-timestamp': text('Seconds since 1970, of this attempt.'),
    'webhook-signature': text(
      '`v1,` and HMAC-SHA256 over `id.timestamp.body` in base64, one for each secret.',
    ),
  };
  return {
    name: EVENT_TYPE,
    summary: 'A CloudEvent 1.0 in structured mode, signed after Standard Webhooks',
    contentType: 'application/cloudevents+json',
    headers: { type: 'object', properties: signature, required: ['webhook-id', 'webhook-timestamp'] },
    payload: { type: 'object', properties, required: Object.keys(properties) },
  };
}

/** Files that are generated from the schema: path from the repository's root, and content. */
export function eventFiles(): ReadonlyMap<string, string> {
  const pretty = (value: Json) => `${JSON.stringify(value, null, 2)}\n`;
  return new Map([
    [`docs/events/${SCHEMA_FILE}`, pretty(eventSchema())],
    ['docs/events/asyncapi.json', pretty(asyncApi())],
  ]);
}

if (import.meta.main) {
  for (const [path, content] of eventFiles()) {
    const file = join(import.meta.dirname, '..', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
