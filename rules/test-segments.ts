import type { Role } from '../detectors/index.ts';
import type { CompiledRule, CompiledTest, SegmentTarget } from './compiled.ts';
import type { SegmentRef, Target } from './types.ts';

/** A segment of a test, and its text. */
export interface TestSegment {
  readonly segment: SegmentRef;
  readonly text: string;
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

/** The segments of a test that its rule reads: the text, or those messages whose role the target covers. */
export function segmentsOfTest(rule: CompiledRule, test: CompiledTest): readonly TestSegment[] {
  if (test.text !== undefined) {
    const role = test.role ?? USUAL_ROLE[rule.target];
    const target = rule.target === 'any' ? TARGET_OF_ROLE[role] : rule.target;
    return [{ segment: segmentRef('text', { target, role, pointer: '/text' }), text: test.text }];
  }
  const segments = (test.messages ?? []).map(({ role, content }, i) => {
    const pointer = `/messages/${i}/content`;
    const target = TARGET_OF_ROLE[role];
    return { segment: segmentRef(`messages/${i}`, { target, role, pointer }), text: content };
  });
  return segments.filter(({ segment }) => rule.target === 'any' || rule.target === segment.target);
}

function segmentRef(id: string, parts: Pick<SegmentRef, 'target' | 'role' | 'pointer'>): SegmentRef {
  return { id, ...parts, choice: null };
}

/** What a test is called: its name, or the beginning of its text. */
export function nameOfTest(test: CompiledTest): string {
  const text = test.name ?? test.text ?? test.messages?.at(-1)?.content ?? '';
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 72 ? `${line.slice(0, 71)}…` : line;
}
