import type { CoverageView } from '../../../wire.ts';

const REASONS: Readonly<Record<string, string>> = {
  image: 'an image',
  audio: 'a recording',
  file: 'a file',
  token_array: 'token numbers, not text',
  over_cap: 'longer than may be read',
  unknown_dialect: 'an API that Telltale does not read',
  unknown_part: 'a part of a kind that Telltale does not read',
  unknown_encoding: 'an encoding that Telltale does not read',
  bad_json: 'no valid JSON',
  duplicate_key: 'a key stands twice',
  bad_shape: 'not the shape that the API asks for',
  bad_utf8: 'no valid UTF-8',
  bad_sse: 'no valid event stream',
  depth: 'nested too deep',
  timeout: 'the reader took too long',
  queue_full: 'the reader was too busy',
  worker_died: 'the reader failed',
  non_finite: 'the reader failed',
  client_gone: 'the client went away',
  upstream_cut: 'the upstream broke off',
  no_rules: 'no rule reads it',
  error: 'an error',
};

/** Why a segment was not read, in words: `not scanned: an image`; empty where it was. */
export function unscanned({ status, reason }: Pick<CoverageView, 'status' | 'reason'>): string {
  if (status === 'scanned') return '';
  const said = status === 'failed' ? 'scan failed' : 'not scanned';
  return reason === null ? said : `${said}: ${REASONS[reason] ?? reason.replaceAll('_', ' ')}`;
}
