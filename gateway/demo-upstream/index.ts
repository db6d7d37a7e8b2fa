export { DEMO_MODEL } from './completion.ts';
export { createDemoUpstream, type DemoUpstream, type DemoUpstreamOptions } from './demo-upstream.ts';
