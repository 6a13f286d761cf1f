/**
 * Packing by partition key: every key has at most one open frame, so the order per key is kept by construction.
 *
 * @module
 */
import { utf8Length } from "../_core/utf8.ts";
import type { Put } from "../records.ts";
import { tooLarge } from "./_errors.ts";
import type { Frame } from "./_frame.ts";
import { recordLimit } from "./_limit.ts";
import type { Packer, PackerOptions } from "./processor.ts";

/**
 * How many keys may have an open frame, and how many bytes these may hold together; beyond either, the oldest is emitted.
 * Without that, a stream in which no key repeats would be collected in memory until it ends.
 */
const MAX_OPEN_FRAMES = 10_000;
const MAX_OPEN_BYTES = 33_554_432;

/** What a keyed framing brings along. */
export interface KeyedFormat<P extends Put<unknown>, Item> {
  /** The item of a put. Throws an `InvalidRecordError` if there is none. */
  itemOf(put: P): Item;
  /** Makes an empty frame. */
  createFrame(): Frame<Item>;
  /** How many bytes a frame has that holds this item alone. */
  sizeOf(item: Item): number;
}

interface Open<P, Item> {
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  /** Bytes of the partition key. */
  readonly keyBytes: number;
  readonly frame: Frame<Item>;
  readonly puts: P[];
}

/** Collects items per partition key until a frame is full, or too much is open. */
export class KeyedPacker<P extends Put<unknown>, Item> implements Packer<P> {
  readonly #format: KeyedFormat<P, Item>;
  readonly #emit: PackerOptions<P>["emit"];
  readonly #limit: number;
  /** In the order of opening. */
  readonly #open = new Map<string, Open<P, Item>>();
  #openBytes = 0;
  #pending = 0;

  /**
   * Makes an empty packer.
   *
   * @throws {RangeError} if the size limit is out of range
   */
  constructor(format: KeyedFormat<P, Item>, options: PackerOptions<P>) {
    this.#format = format;
    this.#emit = options.emit;
    this.#limit = recordLimit(options);
  }

  get pending(): number {
    return this.#pending;
  }

  push(put: P): void {
    const item = this.#format.itemOf(put);
    const open = this.#open.get(put.partitionKey);
    if (open) {
      // Another hash key is another shard, so another record; emitting what is open keeps the order of the key.
      if (
        open.explicitHashKey === put.explicitHashKey && this.#add(open, item)
      ) {
        open.puts.push(put);
        this.#pending++;
        return;
      }
      const next = this.#create(put, item);
      this.#close(open);
      this.#start(next);
    } else this.#start(this.#create(put, item));
    while (
      this.#open.size > MAX_OPEN_FRAMES || this.#openBytes > MAX_OPEN_BYTES
    ) this.#closeOldest();
  }

  flush(): void {
    while (this.#open.size > 0) this.#closeOldest();
  }

  #add({ frame, keyBytes }: Open<P, Item>, item: Item): boolean {
    const before = frame.weight;
    if (!frame.add(item, this.#limit - keyBytes)) {
      this.#openBytes += frame.weight - before;
      return false;
    }
    this.#openBytes += frame.weight - before;
    return true;
  }

  /** Makes a frame of one item, or throws without having changed anything. */
  #create(put: P, item: Item): Open<P, Item> {
    const { partitionKey, explicitHashKey } = put;
    const keyBytes = utf8Length(partitionKey);
    const frame = this.#format.createFrame();
    if (!frame.add(item, this.#limit - keyBytes)) {
      throw tooLarge(put, this.#format.sizeOf(item) + keyBytes, this.#limit);
    }
    return { partitionKey, explicitHashKey, keyBytes, frame, puts: [put] };
  }

  #start(open: Open<P, Item>): void {
    this.#open.set(open.partitionKey, open);
    this.#openBytes += open.frame.weight;
    this.#pending++;
  }

  #closeOldest(): void {
    for (const open of this.#open.values()) return this.#close(open);
  }

  #close(open: Open<P, Item>): void {
    const { partitionKey, explicitHashKey, keyBytes, frame, puts } = open;
    this.#open.delete(partitionKey);
    this.#openBytes -= frame.weight;
    this.#pending -= puts.length;
    const data = frame.finish();
    const size = data.length + keyBytes;
    this.#emit(
      explicitHashKey === undefined
        ? { data, partitionKey, size, puts }
        : { data, partitionKey, explicitHashKey, size, puts },
    );
  }
}
