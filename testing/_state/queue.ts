/**
 * One queue: its settings and status, and who waits for its records.
 *
 * @module
 */
import { inUse, notFound } from "../_wire/service_error.ts";
import { QueueRecords } from "./queue_records.ts";
import { QueueSource, type QueueStart } from "./queue_source.ts";
import type { Stream } from "./stream.ts";

/** The QueueStatus of the API. */
export type QueueStatus = "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";

/** The settings of a queue that UpdateQueue changes. */
export interface QueueSettings {
  /** How long a received record is in flight, in seconds. */
  readonly visibilityTimeoutSeconds: number;
  /** Receives after which a record becomes a dead letter. `undefined` for never. */
  readonly maxReceiveCount: number | undefined;
}

/** The parts of a new queue. */
export interface QueueOptions {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly stream: Stream;
  readonly start: QueueStart;
  readonly settings: QueueSettings;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly random: () => number;
  readonly maxInFlight: number;
}

/** A queue of the account. */
export class Queue {
  readonly name: string;
  /** The last part of the ARN. It does not depend on the name. */
  readonly id: string;
  readonly arn: string;
  /** The stream whose records the queue delivers. */
  readonly stream: Stream;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly tags: Map<string, string> = new Map();
  /** The resource policy as JSON text. */
  policy: string | undefined;
  readonly #options: QueueOptions;
  readonly #listeners: Set<() => void> = new Set();
  #status: QueueStatus = "CREATING";
  #settings: QueueSettings;
  /** The settings after the update. The API describes them already during the update. */
  #nextSettings: QueueSettings;
  #startsAt: number | undefined;
  #records: QueueRecords | undefined;

  /** Makes a queue in state CREATING. */
  constructor(options: QueueOptions) {
    this.#options = options;
    this.#settings = this.#nextSettings = options.settings;
    this.name = options.name;
    this.id = options.id;
    this.arn = options.arn;
    this.stream = options.stream;
    this.createdAt = options.createdAt;
  }

  /** The status. */
  get status(): QueueStatus {
    return this.#status;
  }

  /** The settings. */
  get settings(): QueueSettings {
    return this.#settings;
  }

  /** The records. Throws unless the queue is ACTIVE or UPDATING. */
  get records(): QueueRecords {
    if (!this.#records || this.#status === "DELETING") {
      throw notFound(
        `Queue ${this.arn} delivers no records in state ${this.#status}.`,
      );
    }
    return this.#records;
  }

  /** Sets a queue that is CREATING to ACTIVE. Its starting position is determined only now. */
  activate(now: number): void {
    if (this.#status !== "CREATING") return;
    const { stream, start, random, maxInFlight } = this.#options;
    const source = new QueueSource(stream, start, now);
    this.#startsAt = source.startsAt;
    this.#records = new QueueRecords({
      stream,
      source,
      random,
      maxInFlight,
      maxReceiveCount: this.#settings.maxReceiveCount ?? Infinity,
    });
    this.#status = "ACTIVE";
  }

  /** Sets the queue to UPDATING. Throws unless it is ACTIVE. */
  startUpdate(settings: QueueSettings): void {
    if (this.#status !== "ACTIVE") {
      throw inUse(
        `Queue ${this.arn} is not ACTIVE, instead in state ${this.#status}.`,
      );
    }
    this.#status = "UPDATING";
    this.#nextSettings = settings;
  }

  /** Applies the changed settings, and sets a queue that is UPDATING to ACTIVE. */
  finishUpdate(now: number): void {
    if (this.#status !== "UPDATING") return;
    this.#settings = this.#nextSettings;
    this.#records!.setMaxReceiveCount(
      this.#settings.maxReceiveCount ?? Infinity,
      now,
    );
    this.#status = "ACTIVE";
    this.notify();
  }

  /** Sets the queue to DELETING: it delivers no more records. */
  startDeletion(): void {
    this.#status = "DELETING";
    this.notify();
  }

  /** Calls the listeners: records may have become visible, or the status has changed. */
  notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /**
   * Calls `listener` when records arrive in the stream, and at each {@linkcode Queue.notify}. Call
   * the returned function to stop.
   */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    const stops = [...this.stream.shards.open]
      .map((shard) => shard.listen(listener));
    return () => {
      this.#listeners.delete(listener);
      for (const stop of stops) stop();
    };
  }

  /** The queue in the API's shape. */
  describe(): Record<string, unknown> {
    const { visibilityTimeoutSeconds, maxReceiveCount } = this.#nextSettings;
    const { type, timestamp } = this.#options.start;
    const startsAt = this.#startsAt ?? timestamp;
    return {
      ...this.#head(),
      StreamConfigurationList: [{
        StreamARN: this.stream.arn,
        StartingPosition: {
          Type: type,
          Timestamp: startsAt === undefined ? undefined : new Date(startsAt),
        },
      }],
      QueueAttributes: {
        VisibilityTimeoutSeconds: visibilityTimeoutSeconds,
        DeadLetterConfiguration: maxReceiveCount === undefined
          ? { TargetType: "NONE" }
          : { TargetType: "BUILT_IN", MaxReceiveCount: maxReceiveCount },
      },
    };
  }

  /** The queue in the shape of ListQueues. */
  summarize(): Record<string, unknown> {
    return {
      ...this.#head(),
      Streams: [{
        StreamARN: this.stream.arn,
        StreamCreationTimestamp: new Date(this.stream.createdAt),
      }],
    };
  }

  #head(): Record<string, unknown> {
    return {
      QueueName: this.name,
      QueueARN: this.arn,
      QueueStatus: this.#status,
      QueueCreationTimestamp: new Date(this.createdAt),
    };
  }
}
