import { createHmac } from 'node:crypto';

/** What is signed: id, time and body of one message. */
export interface SignedMessage {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

/** Headers by which a receiver knows that a message is ours, unchanged and fresh, after the Standard Webhooks
 *  specification: HMAC-SHA256 over `id.timestamp.body`, in base64, one signature a secret.
 *  @param secrets - the new one beside the old one while they are being exchanged
 *  @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export function signatureHeaders(
  secrets: readonly string[],
  { id, timestamp, body }: SignedMessage,
): Record<string, string> {
  const sign = (secret: string): string => {
    const digest = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64');
    return `v1,${digest}`;
  };
  const base = { 'webhook-id': id, 'webhook-timestamp': String(timestamp) };
  return secrets.length === 0 ? base : { ...base, 'webhook-signature': secrets.map(sign).join(' ') };
}

/** `whsec_` and base64 is the specification's own form; any other text is taken as it is. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret);
}
