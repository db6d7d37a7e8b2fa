/** Keeps onnxruntime from telling its maker what runs here. Its builds for Linux do so since 1.29: where the first session is
 *  opened they read the machine's id and the command line, and may send events. The library looks at the environment of the
 *  process when a thread loads it, so this is called before any does, in the main thread: a worker's `process.env` is a copy.
 *  Without it a long command line also ends the process, since the library matches that by recursion.
 *  @see microsoft/onnxruntime, core/platform/posix/telemetry.cc */
export function forbidTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
}
