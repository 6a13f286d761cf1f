/**
 * Bounds the records of events that do not fit into the buffer of their shard.
 *
 * @module
 */

/**
 * An event of a subscription has as many records as the service likes. Those that do not fit into
 * the buffer stay in memory until they do. All shards of a consumer together may hold as many bytes
 * of such records as they may buffer, or those of one event if these are more.
 */
export class EventOverflow {
  readonly #limit: number;
  #held = 0;

  /** Takes the bound, in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Holds so many bytes. Returns whether there was room for them. */
  hold(bytes: number): boolean {
    if (this.#held > 0 && this.#held + bytes > this.#limit) return false;
    this.#held += bytes;
    return true;
  }

  /** Gives the bytes back. */
  release(bytes: number): void {
    this.#held -= bytes;
  }
}
