/**
 * Iterating over records, where asking for the next one says that the last one is processed.
 *
 * @module
 */
import type { ConsumerRecord } from "../records.ts";
import { isReadingAhead } from "./reads_ahead.ts";

/** Options of {@linkcode Consumer.values}. */
export interface ConsumerIteratorOptions extends ReadableStreamIteratorOptions {
  /**
   * Whether asking for the next record acknowledges the last one. `false` is for what iterates ahead of what it has
   * processed, such as `p-map`: {@linkcode ConsumerRecord.ack} has to be called then. @default {true}
   */
  acknowledge?: boolean;
}

/** How an iterator acknowledges, and where. */
export interface ProcessedIteratorOptions extends ConsumerIteratorOptions {
  /**
   * Told whether asking for records acknowledges them, at first and when that changes. Without it nobody waits for
   * acknowledgements.
   */
  onAcknowledging?: (acknowledges: boolean) => void;
}

type Result<T> = IteratorResult<ConsumerRecord<T>>;

/** What the loops over one iterator share. */
interface Source<T> {
  readonly reader: ReadableStreamDefaultReader<ConsumerRecord<T>>;
  readonly options: ProcessedIteratorOptions;
  ended: boolean;
}

/**
 * The iterator of a consumer. Several `for await` loops may share it, to bound how many records are worked on at once: each
 * of them acknowledges only its own records. A loop that is left ends the others.
 *
 * A loop that reads ahead of what it processes acknowledges nothing, since its asking says nothing about what is processed:
 * one of the runtime's ({@linkcode isReadingAhead}), and any that calls `next()` while an earlier call is not answered.
 */
export function processedIterator<T>(
  stream: ReadableStream<ConsumerRecord<T>>,
  options: ProcessedIteratorOptions = {},
): AsyncIterableIterator<ConsumerRecord<T>> {
  const reader = stream.getReader();
  return loopOver({ reader, options, ended: false });
}

/**
 * Calls of `next()` whose caller is looked at. The second call is the first one that acknowledges. A
 * generator that awaits something before its loop hides its caller from the first call, but not from
 * the second one.
 */
const CALLS_LOOKED_AT = 2;

/** An iterator that acknowledges what it has handed out itself. */
function loopOver<T>(
  source: Source<T>,
): AsyncIterableIterator<ConsumerRecord<T>> {
  const { reader, options } = source;
  const { acknowledge = true, preventCancel, onAcknowledging } = options;
  let acknowledges = acknowledge;
  let callsLookedAt = 0;
  let last: ConsumerRecord<T> | undefined;
  let isLooped = false;
  let isFirst = true;
  /** Calls that are not answered yet, and the newest of them. */
  let calls = 0;
  let newest: Promise<unknown> | undefined;

  // No promise is made here but what the work needs: this is the path of every record.
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
    result: ReadableStreamReadResult<ConsumerRecord<T>>,
  ): Result<T> => {
    calls--;
    if (!result.done) {
      if (acknowledges) last = result.value;
      return result;
    }
    end();
    return { done: true, value: undefined };
  };
  const onError = (error: unknown): Result<T> => {
    calls--;
    // Another loop has ended the iterator while this one waited.
    if (source.ended) return { done: true, value: undefined };
    end();
    throw error;
  };
  const advance = (): Promise<Result<T>> => {
    if (isFirst) onAcknowledging?.(acknowledges);
    isFirst = false;
    last?.ack();
    last = undefined;
    if (source.ended) {
      calls--;
      return Promise.resolve({ done: true, value: undefined });
    }
    return reader.read().then(onResult, onError);
  };

  const stop = async (value: unknown): Promise<IteratorResult<never>> => {
    calls--;
    // The record in hand is not acknowledged: nobody said that it was processed.
    last = undefined;
    if (!source.ended) {
      const cancelled = preventCancel ? undefined : reader.cancel(value);
      end();
      await cancelled;
    }
    return { done: true, value };
  };

  const isAhead = () =>
    callsLookedAt < CALLS_LOOKED_AT && ++callsLookedAt > 0 &&
    isReadingAhead(iterator.next);

  const iterator: AsyncIterableIterator<ConsumerRecord<T>> = {
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
      // The first loop goes on where calls of next() have begun.
      if (isLooped) return loopOver(source);
      isLooped = true;
      return iterator;
    },
  };
  return iterator;
}
