/**
 * The values of one shard, by their places.
 *
 * @module
 */
import { recordId } from "../../../mod.ts";
import type { Checkpoint } from "../../../records.ts";
import type { StoredValue } from "./outcome.ts";

/** A checkpoint behind a record covers all values of the record. */
const LAST_INDEX = 9_999_999_999;

/** The places of the values of a shard: 0 for the first one. */
export class ShardValues {
  readonly #ids: readonly string[];
  readonly #keys: readonly string[];
  readonly #places = new Map<string, number>();
  readonly #ofKey = new Map<string, number[]>();

  constructor(values: readonly StoredValue[]) {
    this.#ids = values.map(({ id }) => id);
    this.#keys = values.map(({ key }) => key);
    values.forEach(({ id, key }, place) => {
      this.#places.set(id, place);
      const places = this.#ofKey.get(key);
      if (places) places.push(place);
      else this.#ofKey.set(key, [place]);
    });
  }

  /** The number of values. */
  get count(): number {
    return this.#ids.length;
  }

  /** The id of a value. */
  idAt(place: number): string {
    return this.#ids[place]!;
  }

  /** The place of a value, or `undefined` if the shard does not have it. */
  placeOf(id: string): number | undefined {
    return this.#places.get(id);
  }

  /** The key of a value. */
  keyAt(place: number): string {
    return this.#keys[place]!;
  }

  /** The first value of a key at or behind a place. */
  nextOfKey(key: string, from: number): number | undefined {
    return this.#ofKey.get(key)?.find((place) => place >= from);
  }

  /** How many values a checkpoint covers. */
  coveredBy(shardId: string, checkpoint: Checkpoint): number {
    if (checkpoint.type === "SHARD_END") return this.count;
    if (checkpoint.type !== "SEQUENCE") return 0;
    const { sequenceNumber, subSequenceNumber = LAST_INDEX } = checkpoint;
    const last = recordId({ shardId, sequenceNumber, subSequenceNumber });
    let low = 0;
    for (let high = this.count; low < high;) {
      const middle = (low + high) >> 1;
      if (this.#ids[middle]! <= last) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
