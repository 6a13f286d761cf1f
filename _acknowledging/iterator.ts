/**
 * The iterator behind `for await`: a call of `next()` acknowledges the record of the last call.
 *
 * @module
 */
import { isReadingAhead } from "./reads_ahead.ts";

/** Anything that can be acknowledged. */
export interface Acknowledgeable {
  /** Marks the value as processed. */
  ack(): void;
}

/** Options of {@linkcode Consumer.values}. */
export interface AcknowledgingIteratorOptions {
  /**
   * Whether the stream stays open when the iteration ends early.
   * @default {false}
   */
  preventCancel?: boolean;
  /**
   * Whether asking for the next record acknowledges the last one. Set it to `false` for code that
   * takes records before it has processed the earlier ones, such as `p-map`. Such code calls
   * `ack()` of each record itself.
   * @default {true}
   */
  acknowledge?: boolean;
}

/** The iterator over records. `await using` ends it as `break` ends its loop. */
export interface AcknowledgingIterator<R> extends AsyncIterableIterator<R> {
  /** Iterates. Several loops may share the iterator. */
  [Symbol.asyncIterator](): AcknowledgingIterator<R>;
  /** Ends the iteration, and closes the consumer unless `preventCancel` is set. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Options of {@linkcode processedIterator}. */
export interface ProcessedIteratorOptions extends AcknowledgingIteratorOptions {
  /**
   * Called before the first record, and at each change, with whether a call of `next()`
   * acknowledges the last record.
   */
  onAcknowledging?: (acknowledges: boolean) => void;
  /** Resolves when the progress is stored, after the end of the stream. Never rejects. */
  stored?: () => Promise<void>;
}

/** Takes the next record of a stream past its queue, if there is one now. */
type TakeNow<R> = () => R | undefined;

type Result<R> = IteratorResult<R>;

/** The state that all loops over one iterator share. */
interface Source<R> {
  readonly reader: ReadableStreamDefaultReader<R>;
  readonly options: ProcessedIteratorOptions;
  readonly takeNow: TakeNow<R>;
  /** The calls of `reader.read()` that are not answered. They come first. */
  waiting: number;
  ended: boolean;
}

/** Its reactions run in the next microtask. */
const SETTLED = Promise.resolve();

/**
 * The iterator of a consumer. Several `for await` loops may share it, so that several records are
 * processed at a time: each loop acknowledges only its own records. When one loop is left with
 * `break`, `return` or an error, the other loops end.
 *
 * A caller that reads ahead acknowledges nothing, because it asks for the next record before it has
 * processed the last one. Two kinds of callers read ahead: streams of the runtime
 * ({@linkcode isReadingAhead}), and code that calls `next()` while an earlier call is not answered.
 *
 * `takeNow` is asked before the stream is read: a read costs several times as much.
 */
export function processedIterator<R extends Acknowledgeable>(
  stream: ReadableStream<R>,
  options: ProcessedIteratorOptions = {},
  takeNow: TakeNow<R> = () => undefined,
): AcknowledgingIterator<R> {
  const reader = stream.getReader();
  return loopOver({ reader, options, takeNow, waiting: 0, ended: false });
}

/**
 * The number of calls of `next()` whose caller is checked. The second call is the first that
 * acknowledges. If a generator awaits something before its loop, the stack of the first call does
 * not show the generator's caller; the stack of the second call does.
 */
const CHECKED_CALLS = 2;

/** An iterator that acknowledges the records that it has handed out. */
function loopOver<R extends Acknowledgeable>(
  source: Source<R>,
): AcknowledgingIterator<R> {
  const { reader, options } = source;
  const { acknowledge = true, preventCancel, onAcknowledging } = options;
  let acknowledges = acknowledge;
  let callsLookedAt = 0;
  let last: R | undefined;
  let isLooped = false;
  let isFirst = true;
  /** The number of calls that are not answered yet. */
  let calls = 0;
  /** The newest of these calls. */
  let newest: Promise<unknown> | undefined;

  // No async function, because each would make one more promise for each record.
  const inTurn = <R>(work: () => Promise<R>): Promise<R> => {
    const result = calls++ === 0 ? work() : newest!.then(work, work);
    newest = result;
    return result;
  };
  const end = () => {
    if (source.ended) return;
    source.ended = true;
    reader.releaseLock();
  };

  const onResult = (
    result: ReadableStreamReadResult<R>,
  ): Result<R> | Promise<Result<R>> => {
    calls--;
    source.waiting--;
    if (!result.done) {
      if (acknowledges) last = result.value;
      return result;
    }
    end();
    const over: Result<R> = { done: true, value: undefined };
    return options.stored ? options.stored().then(() => over) : over;
  };
  const onError = (error: unknown): Result<R> => {
    calls--;
    source.waiting--;
    // Another loop has ended the iterator while this loop waited.
    if (source.ended) return { done: true, value: undefined };
    end();
    throw error;
  };
  const advance = (): Promise<Result<R>> => {
    if (isFirst) onAcknowledging?.(acknowledges);
    isFirst = false;
    last?.ack();
    last = undefined;
    if (source.ended) {
      calls--;
      return Promise.resolve({ done: true, value: undefined });
    }
    return taken() ?? read();
  };
  const read = (): Promise<Result<R>> => {
    source.waiting++;
    return reader.read().then(onResult, onError);
  };
  /** The record that was taken past the queue, for the call that is not answered yet. */
  let handedOver: R | undefined;
  const taken = (): Promise<Result<R>> | undefined => {
    if (source.waiting > 0) return undefined;
    handedOver = source.takeNow();
    if (!handedOver) return undefined;
    if (acknowledges) last = handedOver;
    return SETTLED.then(answer);
  };
  /** Runs before the caller goes on: until then, a further call is a call ahead. */
  const answer = (): Result<R> => {
    calls--;
    return { done: false, value: handedOver! };
  };

  const stop = async (value: unknown): Promise<IteratorResult<never>> => {
    calls--;
    // The loop was left, which does not mean that its last record is processed.
    last = undefined;
    if (!source.ended) {
      const cancelled = preventCancel ? undefined : reader.cancel(value);
      end();
      await cancelled;
    }
    return { done: true, value };
  };

  const isAhead = () =>
    callsLookedAt < CHECKED_CALLS && ++callsLookedAt > 0 &&
    isReadingAhead(iterator.next);

  const iterator: AcknowledgingIterator<R> = {
    next() {
      if (acknowledges && (calls > 0 || isAhead())) {
        acknowledges = false;
        last = undefined;
        onAcknowledging?.(false);
      }
      return inTurn(advance);
    },
    return: (value?: unknown) => inTurn(() => stop(value)),
    [Symbol.asyncIterator]() {
      // The first loop continues the calls of next() that were made before.
      if (isLooped) return loopOver(source);
      isLooped = true;
      return iterator;
    },
    async [Symbol.asyncDispose]() {
      await inTurn(() => stop(undefined));
    },
  };
  return iterator;
}
