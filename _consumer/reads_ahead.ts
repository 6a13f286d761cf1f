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
/** An async function of a runtime's streams, which awaits the result of the caller. */
const AWAITED_BY_STREAMS = /at async .*(?:internal\/streams\/|ext:deno_web)/;
/** The stack frame of a call of `next()` on a generator. */
const GENERATOR = /\.next \(<anonymous>\)$/;

/**
 * Whether a runtime calls `next()`: `pipeline()` or `Readable.from()` of `node:stream`,
 * `ReadableStream.from()`, or a generator that one of these iterates over. They make the same calls
 * as a `for await` loop and put records into a buffer, so only the stack of the call tells them
 * apart. In a runtime without stacks the result is false.
 *
 * If a generator has awaited something since its last `yield`, the stack has no caller of it, but
 * most engines name the function that awaits it.
 *
 * `next` is the function that was called.
 */
export function isReadingAhead(
  // deno-lint-ignore ban-types -- what captureStackTrace takes
  next: Function,
): boolean {
  const holder: { stack?: unknown } = {};
  Error.captureStackTrace?.(holder, next);
  const frames = String(holder.stack ?? "").split("\n").slice(1);
  let caller = 0;
  while (GENERATOR.test(frames[caller + 1] ?? "")) caller += 2;
  const awaiting = frames.slice(caller + 1).find((frame) =>
    frame.includes("at async ")
  );
  return RUNTIME.test(frames[caller] ?? "") ||
    AWAITED_BY_STREAMS.test(awaiting ?? "");
}
