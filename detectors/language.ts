/** The language of a text, as an ISO 639-1 code such as `de`, as far as its first `LANGUAGE_CHARS` UTF-16 units tell;
 *  null where they do not: too few, of no language, or of several that are as likely. */
export type LanguageOf = (text: string) => string | null;

/** Whatever follows cannot change what these say, so a text is told the same however it comes. */
export const LANGUAGE_CHARS = 160;

/** In UTF-8, so that twenty letters of Greek count as much as forty of English: of fewer one in thirty is told wrong. */
const MIN_BYTES = 48;

let loading: Promise<LanguageOf> | null = null;

/** Loads the detector of languages, once: it takes some 30 MB, which nobody pays whose rules do not ask. */
export function loadLanguages(): Promise<LanguageOf> {
  loading ??= load();
  return loading;
}

async function load(): Promise<LanguageOf> {
  const { eld } = await import('eld/extrasmall');
  const detector = eld.newInstance();
  // Addresses are of no language.
  detector.enableTextCleanup(true);
  return (text) => {
    const beginning = text.slice(0, LANGUAGE_CHARS);
    if (Buffer.byteLength(beginning.trim()) < MIN_BYTES) return null;
    const told = detector.detect(beginning);
    return told.language !== '' && told.isReliable() ? told.language : null;
  };
}
