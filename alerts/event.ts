import { z } from 'zod';

const count = z.int().nonnegative();
const span = z.strictObject({ start: count, end: count });

const condition = z.strictObject({
  name: z.string(),
  signal: z.string(),
  aggregate: z.strictObject({ kind: z.string(), window: z.number() }),
  /** Only where the value is that of all segments of the exchange together. */
  per: z.literal('exchange').optional(),
  value: z.number(),
  threshold: z.number(),
  margin: z.number(),
  rate: z.number().nullable(),
  rate_interval: z.tuple([z.number(), z.number()]).nullable(),
});

const feature = z.strictObject({
  index: count,
  label: z.string().nullable(),
  value: z.number(),
  share: z.number(),
});

/** Where a finding over a whole exchange comes from: how many segments counted, and what the strongest of them add. */
const exchangeWide = z.strictObject({
  count,
  segments: z.array(
    z.strictObject({
      segment_id: z.string(),
      target: z.string(),
      role: z.string(),
      pointer: z.string(),
      choice: z.int().nullable(),
      tool: z.string().optional(),
      language: z.string().optional(),
      /** Of this segment alone, by the first condition over the exchange that was met. */
      value: z.number(),
      first_token: count,
      last_token: count,
      span,
    }),
  ),
});

/** What gave it away, in OCSF's place for evidence that no attribute of its own describes. */
const evidenceData = z.strictObject({
  segment_id: z.string(),
  target: z.string(),
  role: z.string(),
  pointer: z.string(),
  choice: z.int().nullable(),
  /** Of a tool's call, or of what came of one: its name, where it is known. */
  tool: z.string().optional(),
  /** Of the segment's text, as a code of ISO 639-1, where rules ask for it and the text tells it. */
  language: z.string().optional(),
  first_token: count,
  last_token: count,
  /** UTF-16 offsets in the segment's text. */
  span,
  /** As the configured content lets it out; empty when none is. */
  excerpt: z.string(),
  /** Where a rule fired on nothing but what the segment reads without its disguise: what was undone (`invisible`,
   *  `look_alikes`, `encoded`, `spaced`, `capitals`, `leet`, `cipher`), and what it reads, as the configured content
   *  lets it out. */
  view: z.strictObject({ changes: z.array(z.string()), text: z.string() }).optional(),
  /** Only of a rule with a condition over the whole exchange: segment and span above are those of its strongest part. */
  exchange: exchangeWide.optional(),
  conditions: z.array(condition),
  features: z.array(feature),
});

const correlation = z.strictObject({
  type: z.string(),
  group: z.record(z.string(), z.string().nullable()),
  timespan_ms: count,
  count,
  events: z.array(
    z.strictObject({ rule_id: z.string(), exchange_id: z.string().nullable(), time: z.number() }),
  ),
});

/** A technique of MITRE ATLAS; its id stands for its name too, which OCSF asks for. */
const technique = z.strictObject({ uid: z.string(), name: z.string(), src_url: z.url() });
const attack = z.strictObject({ technique });

/** An alert as it leaves the process: an OCSF Detection Finding (class 2004) with the Security Control profile.
 *  `metadata.uid` and `finding_info.uid` are the alert's id: the same twice, so duplicates can be dropped by it.
 *  @see https://schema.ocsf.io/1.8.0/classes/detection_finding */
export const detectionFindingSchema = z.strictObject({
  metadata: z.strictObject({
    version: z.literal('1.8.0'),
    uid: z.string(),
    correlation_uid: z.string(),
    profiles: z.tuple([z.literal('security_control')]),
    labels: z.array(z.string()),
    product: z.strictObject({
      name: z.literal('Telltale'),
      vendor_name: z.literal('Telltale'),
      version: z.string(),
    }),
  }),
  category_uid: z.literal(2),
  category_name: z.literal('Findings'),
  class_uid: z.literal(2004),
  class_name: z.literal('Detection Finding'),
  activity_id: z.literal(1),
  activity_name: z.literal('Create'),
  type_uid: z.literal(200401),
  type_name: z.literal('Detection Finding: Create'),
  /** Milliseconds since 1970: the end of the exchange. */
  time: count,
  severity_id: z.int().min(1).max(5),
  severity: z.string(),
  status_id: z.literal(1),
  status: z.literal('New'),
  is_alert: z.literal(true),
  /** This one, and those alike that the sink held back since the last one; only where it groups alerts. */
  count: count.optional(),
  message: z.string(),
  action_id: z.literal([1, 2]),
  action: z.literal(['Allowed', 'Denied']),
  disposition_id: z.literal([2, 11, 19]),
  disposition: z.literal(['Blocked', 'Corrected', 'Alert']),
  finding_info: z.strictObject({
    uid: z.string(),
    title: z.string(),
    created_time: count,
    types: z.array(z.string()),
    /** Link to the review, or its path where no address is configured. */
    src_url: z.string(),
    attacks: z.array(attack),
    analytic: z.strictObject({
      uid: z.string(),
      name: z.string(),
      type_id: z.literal(1),
      type: z.literal('Rule'),
      version: z.string(),
    }),
  }),
  evidences: z.tuple([z.strictObject({ data: evidenceData })]),
  /** What OCSF has no attribute for. */
  unmapped: z.strictObject({
    exchange_id: z.string(),
    conversation_id: z.string(),
    verdict: z.enum(['pass', 'flag', 'redact', 'block']),
    mode: z.string(),
    rule_action: z.string(),
    rule_set_digest: z.string(),
    featureset_digest: z.string(),
    trace_id: z.string().nullable(),
    /** Whose exchange it was, where the caller said so. */
    tenant: z.string().nullable(),
    /** Who sent the exchange, where that is known: a name that a trusted hop gave, or a keyed hash of an API key. */
    caller: z.string().optional(),
    /** Findings of the same group that the rule held back since its last alert; of rules that group alerts. */
    held_back: count.optional(),
    /** What came together, where the rule is a correlation. */
    correlation: correlation.optional(),
  }),
});

/** @see detectionFindingSchema */
export type DetectionFinding = z.infer<typeof detectionFindingSchema>;
