/**
 * Recognizes callers that take records before they have processed the earlier ones.
 *
 * @module
 */

/**
 * Stack frames of a runtime, or of the npm package with Node's streams. They process no records.
 */
const RUNTIME =
  /(?:\(|at )(?:node|ext|(?:node-)?internal):|internal[:/]streams\//;
/** The stack frame of a call of `next()` on a generator. */
const GENERATOR = /\.next \(<anonymous>\)$/;

/**
 * Whether the runtime itself begins the loop: `pipeline()` or `Readable.from()` of `node:stream`,
 * `ReadableStream.from()`, or a generator that one of these iterates over. They make the same
 * calls as a `for await` loop and put records into a buffer, so only the stack of the call tells
 * them apart. In a runtime without stacks the result is false.
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
