import { dialect } from '../../gateway/dialects/anthropic-messages/index.ts';
import { createReadings } from './readings.ts';

export { summary } from './readings.ts';
export const { readRequest, readAnswer, readStream } = createReadings(dialect);
