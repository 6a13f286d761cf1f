/**
 * Recognizing callers that iterate ahead of what they have processed.
 *
 * @module
 */

/** Code of a runtime, or the npm package that is Node's streams: it handles no record within its loop. */
const RUNTIME =
  /(?:\(|at )(?:node|ext|(?:node-)?internal):|internal[:/]streams\//;
/** An async function of a runtime's streams, which awaits what the caller returns. */
const AWAITED_BY_STREAMS = /at async .*(?:internal\/streams\/|ext:deno_web)/;
/** A generator is asked for its next value. */
const GENERATOR = /\.next \(<anonymous>\)$/;

/**
 * Whether a runtime calls `next()`: `pipeline()` or `Readable.from()` of `node:stream`,
 * `ReadableStream.from()`, or a generator in front of those. They call as a `for await` loop does and
 * put records into a buffer, so nothing but the stack of the call tells them apart. Where a runtime
 * has no stack, the answer is no.
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
