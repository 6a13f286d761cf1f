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
  const reader = stream.getReader();
  let last: ConsumerRecord<T> | undefined;
  let busy: Promise<unknown> | undefined;
  let ended = false;

  const next = async (): Promise<IteratorResult<ConsumerRecord<T>>> => {
    if (ended) return { done: true, value: undefined };
    last?.ack();
    last = undefined;
    try {
      const result = await reader.read();
      if (!result.done) {
        last = result.value;
        return result;
      }
    } catch (error) {
      ended = true;
      reader.releaseLock();
      throw error;
    }
    ended = true;
    reader.releaseLock();
    return { done: true, value: undefined };
  };

  const stop = async <V>(value?: V): Promise<IteratorResult<never, V>> => {
    if (!ended) {
      ended = true;
      // The record in hand is not acknowledged: nobody said that it was processed.
      const cancelled = preventCancel ? undefined : reader.cancel(value);
      reader.releaseLock();
      await cancelled;
    }
    return { done: true, value: value as V };
  };

  const inTurn = <R>(work: () => Promise<R>): Promise<R> => {
    const result = busy ? busy.then(work, work) : work();
    const settled = result.catch(() => {}).then(() => {
      if (busy === settled) busy = undefined;
    });
    busy = settled;
    return result;
  };

  const iterator: AsyncIterableIterator<ConsumerRecord<T>> = {
    next: () => inTurn(next),
    return: (value?: unknown) => inTurn(() => stop(value)),
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
