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
  'logprobsResult',
  'usageMetadata',
  'usage_metadata',
  'promptTokensDetails',
  'cacheTokensDetails',
  'modelVersion',
  'model_version',
  'responseId',
  'response_id',
  'createTime',
  'continuationToken',
  'googleMapsWidgetContextToken',
  // They repeat parts of the text with their places.
  'groundingSupports',
  'grounding_supports',
];

/** All strings inside a value, each a segment of its own. */
export const textWithin = createTextWithin(SILENT_KEYS);
