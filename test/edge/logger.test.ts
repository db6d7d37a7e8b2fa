import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, type LogLevel } from '../../gateway/telemetry/index.ts';

function record(level?: LogLevel) {
  const lines: string[] = [];
  const logger = createLogger(level, { write: (line: string) => void lines.push(line) });
  return { logger, lines };
}

test('a log line is one JSON object with level, time, event and fields', () => {
  const { logger, lines } = record();
  logger.info('rules loaded', { rules: 8, file: 'a\nb.yaml' });
  logger.debug('not at this level');
  assert.equal(lines.length, 1);
  const { time, ...rest } = JSON.parse(lines[0] ?? '');
  assert.ok(!Number.isNaN(Date.parse(time)));
  assert.deepEqual(rest, { level: 'info', event: 'rules loaded', rules: 8, file: 'a\nb.yaml' });
});

test('an error is logged with its causes and without the fields that libraries hang on it', () => {
  const { logger, lines } = record('error');
  const cause = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED', headers: 'sk-secret' });
  logger.error('upstream failed', new Error('no answer', { cause }), { exchangeId: 'x1' });
  const { error, exchangeId } = JSON.parse(lines[0] ?? '');
  assert.equal(exchangeId, 'x1');
  assert.equal(error.message, 'no answer');
  assert.equal(error.cause.code, 'ECONNREFUSED');
  assert.ok(!lines[0]?.includes('sk-secret'));
});

test('a cycle of causes ends', () => {
  const { logger, lines } = record();
  const error = new Error('around');
  error.cause = error;
  logger.error('cycle', error);
  assert.equal(JSON.parse(lines[0] ?? '').error.message, 'around');
});
