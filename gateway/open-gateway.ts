import { createApp, type GatewayApp } from './app.ts';
import type { Closing } from './closing.ts';
import { loadDialects } from './dialects/load-dialects.ts';
import { createVoiceOf } from './dialects/nearest-voice.ts';
import type { GatewayParts } from './exchange/parts.ts';
import { GatewayError } from './gateway-error.ts';
import { type HttpServer, listen } from './http-server.ts';

/** Opens the port that clients ask.
 *  @throws {GatewayError} */
export async function openGateway(
  parts: GatewayParts,
  closing: Closing,
): Promise<{ readonly app: GatewayApp; readonly server: HttpServer }> {
  const { server: settings, limits } = parts.config;
  const dialects = await loadDialects();
  const usual = dialects.find(({ name }) => name === 'openai-chat') ?? dialects[0];
  if (usual === undefined) throw new GatewayError('DIALECT_BROKEN', 'the folder of dialects is empty');
  const voiceOf = createVoiceOf(dialects, usual, settings.prefix);
  const app = closing.add('app', createApp(parts, { dialects, voiceOf }));
  const { host, port } = settings;
  const server = await listen({
    name: 'the gateway',
    host,
    port,
    handler: app.handler,
    headerTimeoutMs: limits.header_timeout_ms,
    settings,
    // As those are counted that the parser lets through and the gateway refuses.
    broken: { voiceOf, onRefused: () => parts.telemetry.recordError('bad_request') },
  });
  return { app, server: closing.add('gateway', server) };
}
