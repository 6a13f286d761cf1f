/**
 * Iterating over records, where asking for the next one says that the one before is processed.
 *
 * @module
 */
import type { ConsumerRecord } from "../records.ts";

/** The iterator of a consumer. Calls are answered one after another, so that each acknowledges the record before it. */
export function processedIterator<T>(
  stream: ReadableStream<ConsumerRecord<T>>,
  { preventCancel = false }: ReadableStreamIteratorOptions = {},
): AsyncIterableIterator<ConsumerRecord<T>> {
  type Result = IteratorResult<ConsumerRecord<T>>;
  const reader = stream.getReader();
  let last: ConsumerRecord<T> | undefined;
  let ended = false;
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
    ended = true;
    reader.releaseLock();
  };

  const onResult = (result: ReadableStreamReadResult<ConsumerRecord<T>>) => {
    calls--;
    if (!result.done) {
      last = result.value;
      return result;
    }
    end();
    return { done: true, value: undefined } as const;
  };
  const onError = (error: unknown) => {
    calls--;
    end();
    throw error;
  };
  const advance = (): Promise<Result> => {
    if (ended) {
      calls--;
      return Promise.resolve({ done: true, value: undefined });
    }
    last?.ack();
    last = undefined;
    return reader.read().then(onResult, onError);
  };

  const stop = async (value: unknown): Promise<IteratorResult<never>> => {
    calls--;
    if (!ended) {
      // The record in hand is not acknowledged: nobody said that it was processed.
      const cancelled = preventCancel ? undefined : reader.cancel(value);
      end();
      await cancelled;
    }
    return { done: true, value };
  };

  const iterator: AsyncIterableIterator<ConsumerRecord<T>> = {
    next: () => inTurn(advance),
    return: (value?: unknown) => inTurn(() => stop(value)),
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
