/** Bytes that stand inside a body, as base64. */
export interface InlineData {
  /** `image/png`; empty where none is told. */
  readonly mimeType: string;
  readonly charset: string;
  readonly base64: string;
}

const BASE64_URL =
  /^data:([\w.+-]+\/[\w.+-]+)?((?:;[\w.+-]+="?[\w.+-]*"?)*);base64,([A-Za-z0-9+/_-]*={0,2})$/i;
const PLAIN_URL = /^data:(text\/[\w.+-]+)(?:;[\w.+-]+="?[\w.+-]*"?)*,(\S*)$/i;
/** Kinds of text that are not called so. */
const TEXT_TYPE =
  /^text\/|^application\/(?:json|xml|javascript|yaml|x-yaml|x-ndjson|sql|toml)$|\+(?:json|xml)$/i;

/** The data of a URL that holds it as base64; null where the text is no such URL from its begin to its end, since
 *  words after a URL's begin are words. */
export function inlineDataOf(text: string): InlineData | null {
  const match = BASE64_URL.exec(text);
  if (match === null) return null;
  const [, mimeType = '', parameters = '', base64 = ''] = match;
  const charset = /;charset="?([\w.+-]+)/i.exec(parameters)?.[1] ?? 'utf-8';
  return { mimeType, charset, base64 };
}

/** The text of a data URL that holds it percent-encoded; null where it is none. */
export function plainDataOf(text: string): string | null {
  const data = PLAIN_URL.exec(text)?.[2];
  if (data === undefined) return null;
  try {
    return decodeURIComponent(data);
  } catch {
    return null;
  }
}

export function isTextType(mimeType: string): boolean {
  return TEXT_TYPE.test(mimeType);
}

/** Text out of base64; null where its bytes are not of the charset, or the charset is not known. */
export function decodedText({ base64, charset }: InlineData): string | null {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    return null;
  }
}
