/** Whether bytes that are read as UTF-8 are another text to a reader who believes the charset of the content type. JSON
 *  has no charset but UTF-8, and some readers go by the header all the same.
 *  @see RFC 8259, section 8.1 */
export function isOtherText(contentType: string | undefined, bytes: Buffer): boolean {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase();
  if (charset === undefined || /^utf-?8$/.test(charset)) return false;
  return !LIKE_ASCII.test(charset) || bytes.some((byte) => byte >= 0x80);
}

/** Charsets in which bytes below 0x80 are what they are in UTF-8. */
const LIKE_ASCII = /^(us-)?ascii$|^(iso-?8859-\d+|latin-?\d|windows-125\d|cp125\d|koi8-[ru])$/;
