import type { Role } from '../detectors/index.ts';
import type { CompiledRule, CompiledTest, SegmentTarget } from './compiled.ts';
import type { Fields, SegmentRef, Target } from './types.ts';

/** A segment of a test, and its text. */
export interface TestSegment {
  readonly segment: SegmentRef;
  readonly text: string;
  readonly fields: Fields;
}

const TARGET_OF_ROLE: Readonly<Record<Role, SegmentTarget>> = {
  user: 'input',
  assistant: 'output',
  system: 'system',
  tool: 'tool_result',
};

const USUAL_ROLE: Readonly<Record<Target, Role>> = {
  input: 'user',
  output: 'assistant',
  system: 'system',
  tool_call: 'assistant',
  tool_result: 'tool',
  any: 'user',
};

/** The segments of a test that its rule reads: its one segment, or those messages whose role the target covers.
 *  What is not text is empty here. */
export function segmentsOfTest(rule: CompiledRule, test: CompiledTest): readonly TestSegment[] {
  const { fields = {}, messages } = test;
  if (messages === undefined) {
    return [{ segment: segmentOfText(rule, test.role), text: test.text ?? test.ok ?? '', fields }];
  }
  const segments = messages.map(({ role, content }, i) => ({
    segment: segmentOfMessage(role, i),
    text: content,
    fields,
  }));
  return segments.filter(({ segment }) => reads(rule, segment.target));
}

/** What a test asks of its rule. */
export function expectationOf({ ok, expect, alerts }: CompiledTest): 'fire' | 'quiet' {
  if (alerts !== undefined) return alerts.length > 0 ? 'fire' : 'quiet';
  return ok !== undefined || expect === undefined ? 'quiet' : expect;
}

/** A lone text for a rule, which reads it whoever says it.
 *  @param role - default: the one whose segments the rule's target is */
export function segmentOfText(
  { target }: Pick<CompiledRule, 'target'>,
  role = USUAL_ROLE[target],
): SegmentRef {
  return {
    id: 'text',
    target: target === 'any' ? TARGET_OF_ROLE[role] : target,
    role,
    pointer: '/text',
    choice: null,
  };
}

/** The message at an index of a conversation: its target follows from its role. */
export function segmentOfMessage(role: Role, index: number): SegmentRef {
  const pointer = `/messages/${index}/content`;
  return { id: `messages/${index}`, target: TARGET_OF_ROLE[role], role, pointer, choice: null };
}

/** Whether a rule reads segments of a target. */
export function reads(rule: Pick<CompiledRule, 'target'>, target: SegmentTarget): boolean {
  return rule.target === 'any' || rule.target === target;
}

/** What a test is called: its name, or the beginning of its text. */
export function nameOfTest(test: CompiledTest): string {
  const text = test.name ?? test.text ?? test.ok ?? test.messages?.at(-1)?.content ?? inputOf(test);
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 72 ? `${line.slice(0, 71)}…` : line;
}

function inputOf({ series = {}, activations, events }: CompiledTest): string {
  if (events !== undefined) return `findings at ${events.map(({ at }) => at).join(', ')}`;
  if (activations !== undefined) return activations;
  return Object.entries(series)
    .map(([signal, values]) => `${signal}: ${values}`)
    .join(', ');
}
