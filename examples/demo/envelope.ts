/**
 * The values in the stream: a value of the data set, with the fields that verify its arrival.
 *
 * @module
 */

/** A value of a data set with its partition key. */
export interface Entry {
  /** The partition key. */
  readonly key: string;
  /** The value. */
  readonly value: unknown;
}

/** An entry of a file with its line number, from 1. */
export interface LineEntry extends Entry {
  readonly line: number;
}

/** An entry in the stream. */
export interface Envelope extends Entry {
  /** The id of the run that wrote it: a stream may contain records of other writers. */
  readonly run: string;
  /** The index in the data set, from 0. */
  readonly position: number;
}

/** Numbers the entries of a run. Calls `onEnvelope` with each before it passes the envelope on. */
export function envelopes(
  run: string,
  onEnvelope: (envelope: Envelope) => void,
): TransformStream<Entry, Envelope> {
  let position = 0;
  return new TransformStream({
    transform({ key, value }, controller) {
      const envelope = { run, position: position++, key, value };
      onEnvelope(envelope);
      controller.enqueue(envelope);
    },
  });
}

/**
 * Passes all values on. Calls `action` before the value at `position`, and waits for the promise
 * that it returns.
 */
export function before<T>(
  position: number,
  action: () => void | Promise<void>,
): TransformStream<T, T> {
  let next = 0;
  return new TransformStream({
    transform(value, controller) {
      if (next++ !== position) return controller.enqueue(value);
      return Promise.resolve(action()).then(() => controller.enqueue(value));
    },
  });
}
