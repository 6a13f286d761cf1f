/**
 * Keeps the order of partition keys between aggregated and other records.
 *
 * @module
 */

/** A record that was handed to the producer. */
interface Sent {
  /** The partition key of the record itself, in the order of which the producer sends. */
  readonly outerKey: string;
  readonly stored: Promise<unknown>;
}

const NONE: readonly never[] = [];

/**
 * The records under way by the keys of their values. A producer keeps the order of records with the
 * same partition key. An aggregated record has a key of its own, so it may overtake, or be overtaken
 * by, other records with values of its keys.
 */
export class KeyOrder {
  readonly #sent = new Map<string, Sent>();

  /** The records that must be stored before a record with these keys is handed over. */
  before(
    outerKey: string,
    keys: readonly string[],
  ): readonly Promise<unknown>[] {
    const waits: Promise<unknown>[] = [];
    for (const key of keys) {
      const sent = this.#sent.get(key);
      if (sent && sent.outerKey !== outerKey) waits.push(sent.stored);
    }
    return waits.length === 0 ? NONE : waits;
  }

  /** Notes a record that was handed over. `stored` never rejects. */
  add(
    outerKey: string,
    keys: readonly string[],
    stored: Promise<unknown>,
  ): void {
    const sent = { outerKey, stored };
    for (const key of keys) this.#sent.set(key, sent);
    void stored.then(() => {
      for (const key of keys) {
        if (this.#sent.get(key) === sent) this.#sent.delete(key);
      }
    });
  }
}
