/**
 * Recognizes callers that ask for a record before they have processed the last one.
 *
 * @module
 */

/**
 * Stack frames of a runtime's streams, or of the npm package `readable-stream`.
 */
const RUNTIME =
  /(?:\(|at )(?:node|ext|(?:node-)?internal):|internal[:/]streams\//;
/** An async function of a runtime's streams, which awaits the result of the caller. */
const AWAITED_BY_STREAMS = /at async .*(?:internal\/streams\/|ext:deno_web)/;
/** The stack frame of a call of `next()` on a generator. */
const GENERATOR = /\.next \(<anonymous>\)$/;

/**
 * Whether a runtime calls `next()`: `pipeline()` or `Readable.from()` of `node:stream`,
 * `ReadableStream.from()`, or a generator that one of these iterates over. These make the same
 * calls as a `for await` loop, but they put records into a buffer. Only the stack of the call shows
 * the difference. In a runtime without stacks the result is false.
 *
 * If a generator has awaited something since its last `yield`, the stack does not show the
 * generator's caller, but most engines name the function that awaits the generator.
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
