import type { ReadableView, TokenSpan } from '../detectors/index.ts';
import { textAround } from './text-around.ts';
import type { Finding } from './types.ts';

/** What rules found in a segment's text. */
export interface TextReading {
  readonly tokens: readonly TokenSpan[];
  readonly findings: readonly Finding[];
}

/** What they found in the text as it reads without its disguise. */
export interface ViewReading {
  readonly view: ReadableView;
  readonly findings: readonly Finding[];
}

/** UTF-16 length that what a finding shows of a view does not exceed. */
const MAX_VIEW_TEXT = 400;

/** The findings of a segment that was read twice: those of its text, then those of rules that fired on the view alone.
 *  The latter's tokens and span are the text's: the run that hid what was found; conditions and features are those of
 *  the view. Pure, so that gateway and tests of rules judge alike. */
export function joinReadings(text: TextReading, { view, findings }: ViewReading): readonly Finding[] {
  const fired = new Set(text.findings.map(({ ruleId }) => ruleId));
  const added = findings.filter(({ ruleId }) => !fired.has(ruleId));
  return [...text.findings, ...added.map((finding) => placeOnText(finding, view, text.tokens))];
}

/** A finding of a disguised text's view, at its place in the text. */
export function placeOnText(finding: Finding, view: ReadableView, tokens: readonly TokenSpan[]): Finding {
  return {
    ...finding,
    ...placeUnder(finding.span, view, tokens),
    view: { changes: view.changes, ...textAround(view.text, finding.span, MAX_VIEW_TEXT) },
  };
}

/** Where in a text stands what a span of its view reads. */
export function placeUnder(span: TokenSpan, view: ReadableView, tokens: readonly TokenSpan[]) {
  const origin = view.origin(span);
  return { span: origin, ...tokensUnder(origin, tokens) };
}

/** The tokens that a span touches, or the one before it where it lies between two; 0 in a text without tokens. */
function tokensUnder({ start, end }: TokenSpan, tokens: readonly TokenSpan[]) {
  const lastToken = Math.max(
    0,
    tokens.findLastIndex((token) => token.start < end),
  );
  const first = tokens.findIndex((token) => token.end > start);
  return { firstToken: first === -1 ? lastToken : Math.min(first, lastToken), lastToken };
}
