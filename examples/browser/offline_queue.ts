/// <reference lib="dom" />
/**
 * A queue in the browser's database (IndexedDB). Its values survive a reload and a time without
 * network: each is removed only when Kinesis has stored it.
 *
 * @module
 */
import type { Producer } from "@webstreams/kinesis";

const STORE = "values";
/** The most values that are under way at once. */
const BATCH = 200;

/** The values that are not stored in Kinesis yet, oldest first. */
export class OfflineQueue<T> {
  readonly #database: IDBDatabase;
  readonly #makeProducer: () => Producer<T>;
  /** The producer, until a value could not be sent: an error may have ended it for ever. */
  #producer: Producer<T> | undefined;
  #sending: Promise<void> | undefined;

  private constructor(database: IDBDatabase, makeProducer: () => Producer<T>) {
    this.#database = database;
    this.#makeProducer = makeProducer;
  }

  /** Opens the queue, with the values of earlier visits. Makes a producer when there is a value. */
  static async open<T>(
    name: string,
    makeProducer: () => Producer<T>,
  ): Promise<OfflineQueue<T>> {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE, { autoIncrement: true });
    };
    return new OfflineQueue(await resultOf(request), makeProducer);
  }

  /** The number of values that wait. */
  get size(): Promise<number> {
    return resultOf(this.#store("readonly").count());
  }

  /** Stores a value in the browser. It is sent by {@linkcode OfflineQueue.send}. */
  async add(value: T): Promise<void> {
    await resultOf(this.#store("readwrite").add(value));
  }

  /**
   * Sends all values. Rejects if one of them could not be sent; all that are not sent stay in the
   * queue. A value whose answer was lost is sent again, so a reader may see it twice. Calls while
   * values are being sent wait for the same work. Pages in other tabs, which have the same values,
   * wait for their turn.
   */
  send(): Promise<void> {
    return this.#sending ??= navigator.locks
      .request(this.#database.name, () => this.#sendAll())
      .finally(() => this.#sending = undefined);
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      const keys = await resultOf(
        this.#store("readonly").getAllKeys(null, BATCH),
      );
      if (keys.length === 0) return;
      const producer = this.#producer ??= this.#makeProducer();
      const sent = await Promise.allSettled(
        keys.map((key) => this.#send(key, producer)),
      );
      const failed = sent.find(({ status }) => status === "rejected");
      if (!failed) continue;
      this.#producer = undefined;
      producer.close().catch(() => {}); // The error is that of the value.
      throw (failed as PromiseRejectedResult).reason;
    }
  }

  async #send(key: IDBValidKey, producer: Producer<T>): Promise<void> {
    const value: T = await resultOf(this.#store("readonly").get(key));
    await producer.put(value);
    await resultOf(this.#store("readwrite").delete(key));
  }

  #store(mode: IDBTransactionMode): IDBObjectStore {
    return this.#database.transaction(STORE, mode).objectStore(STORE);
  }
}

function resultOf<R>(request: IDBRequest<R>): Promise<R> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
