import { addData, type Collected } from '../collected.ts';
import type { Place } from '../place.ts';
import { createTextWithin } from '../text-within.ts';

/** Keys whose values are names, numbers or sealed bytes, never words for a reader. The API takes and some servers
 *  write both spellings. */
const SILENT_KEYS = [
  'id',
  'role',
  'model',
  'index',
  'status',
  'reason',
  'domain',
  '@type',
  'mimeType',
  'mime_type',
  'language',
  'outcome',
  'modality',
  'toolType',
  'tool_type',
  'scheduling',
  'finishReason',
  'finish_reason',
  'blockReason',
  'block_reason',
  'safetyRatings',
  'safety_ratings',
  'thoughtSignature',
  'thought_signature',
  'mediaResolution',
  'videoMetadata',
  'avgLogprobs',
  'usageMetadata',
  'usage_metadata',
  'promptTokensDetails',
  'cacheTokensDetails',
  'modelVersion',
  'model_version',
  'responseId',
  'response_id',
  'createTime',
  'updateTime',
  'expireTime',
  'taskType',
  'task_type',
  'continuationToken',
  'googleMapsWidgetContextToken',
  'nullValue',
  'jsonPath',
  'json_path',
];

/** They repeat the text in pieces, with their likelihoods. */
const ECHOES = ['logprobsResult', 'tokensInfo'];

/** All strings inside a value, each a segment of its own; media inside are skipped as such. */
export const textWithin = createTextWithin({ names: SILENT_KEYS, echoes: ECHOES }, readMedium);

/** A medium as `predict` takes and gives it. */
function readMedium(value: Record<string, unknown>, place: Place, into: Collected): boolean {
  const { bytesBase64Encoded: base64, mimeType, ...rest } = value;
  if (typeof base64 !== 'string') return false;
  addData({ mimeType: String(mimeType), charset: 'utf-8', base64 }, place.at('bytesBase64Encoded'), into);
  textWithin(rest, place, into);
  return true;
}
