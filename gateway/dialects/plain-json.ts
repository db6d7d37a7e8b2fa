/** Rewrites JSON that comes in pieces. */
export interface PlainJson {
  /** The next piece, as far as it is certain. */
  push(piece: string): string;
  /** What was kept back. */
  end(): string;
}

const OUTSIDE = /[^"\s]+|\s+|"/y;
/** A pair of surrogates is one character; what is no escape goes on as it is. */
const INSIDE =
  /[^"\\]+|"|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\["\\/bfnrt]|\\/y;
/** An escape whose end, or whose other half, may still come. */
const UNFINISHED =
  /\\(?:u[\da-fA-F]{0,3}|u[dD][89abAB][\da-fA-F]{2}(?:\\(?:u(?:[dD](?:[c-fC-F][\da-fA-F]?)?)?)?)?)?$/y;

/** Space beside one of these parts nothing from nothing. */
const PUNCTUATION = '{}[]:,';

/** Writes JSON as `JSON.stringify` does, without space between values and without needless escapes, however it was
 *  written and cut: a call reads the same streamed and whole, and `\u0064eceive` is no hiding place. What is no JSON
 *  keeps its words apart. */
export function createPlainJson(): PlainJson {
  let isInString = false;
  let kept = '';
  let last = '';
  let isSpaced = false;

  function written(unit: string): string {
    if (!isInString && /^\s/.test(unit)) {
      isSpaced = last !== '';
      return '';
    }
    const isApart = isSpaced && !PUNCTUATION.includes(last) && !PUNCTUATION.includes(unit.charAt(0));
    isSpaced = false;
    last = unit.slice(-1);
    if (unit === '"') isInString = !isInString;
    const plain = unit.startsWith('\\') && unit.length > 1 ? plainEscape(unit) : unit;
    return isApart ? ` ${plain}` : plain;
  }

  return {
    push(piece) {
      const text = kept + piece;
      let plain = '';
      let at = 0;
      while (at < text.length) {
        if (isInString && match(UNFINISHED, text, at) !== null) break;
        const unit = match(isInString ? INSIDE : OUTSIDE, text, at) ?? text.charAt(at);
        plain += written(unit);
        at += unit.length;
      }
      kept = text.slice(at);
      return plain;
    },
    end() {
      const rest = kept;
      kept = '';
      return rest;
    },
  };
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

function plainEscape(escaped: string): string {
  return JSON.stringify(JSON.parse(`"${escaped}"`)).slice(1, -1);
}

/** The same of JSON in one piece. */
export function plainJson(text: string): string {
  const json = createPlainJson();
  return json.push(text) + json.end();
}
