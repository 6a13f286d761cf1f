/**
 * Recognizing callers that iterate ahead of what they have processed.
 *
 * @module
 */

/** Code of a runtime, or the npm package that is Node's streams: it handles no record within its loop. */
const RUNTIME =
  /(?:\(|at )(?:node|ext|(?:node-)?internal):|internal[:/]streams\//;
/** A generator is asked for its next value. */
const GENERATOR = /\.next \(<anonymous>\)$/;

/**
 * Whether the loop that begins is one of the runtime's: that of `pipeline()` or `Readable.from()` of `node:stream`, or of
 * `ReadableStream.from()`, or a generator's in front of those. They call as a `for await` loop does and put records into a
 * buffer, so nothing but the stack of the call tells them apart. Where a runtime has no stack, the answer is no.
 *
 * `own` is the function that was called to begin the loop.
 */
export function isReadingAhead(
  // deno-lint-ignore ban-types -- what captureStackTrace takes
  own: Function,
): boolean {
  const holder: { stack?: unknown } = {};
  Error.captureStackTrace?.(holder, own);
  const frames = String(holder.stack ?? "").split("\n").slice(1);
  let caller = 0;
  while (GENERATOR.test(frames[caller + 1] ?? "")) caller += 2;
  return RUNTIME.test(frames[caller] ?? "");
}
