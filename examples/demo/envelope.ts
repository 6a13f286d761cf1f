/**
 * What travels through the stream: a value of the data set with what is needed to verify its arrival.
 *
 * @module
 */

/** A value of a data set with its partition key. */
export interface Entry {
  /** The partition key. */
  readonly key: string;
  /** The value, whatever it is. */
  readonly value: unknown;
}

/** An entry of a file, and the line that it stands on, from 1. */
export interface LineEntry extends Entry {
  readonly line: number;
}

/** An entry on its way. */
export interface Envelope extends Entry {
  /** Which run of the demo wrote it: a stream may hold records of others. */
  readonly run: string;
  /** Its place in the data set, from 0. */
  readonly position: number;
}

/** Numbers the entries of a run, and calls back with each before it goes on. */
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

/** Lets everything through, and calls back before the value at one place; a promise holds the stream up. */
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
