/**
 * One stream: its shards, its settings, and the changes that are under way.
 *
 * @module
 */
import {
  inUse,
  invalidArgument,
  notFound,
  throughputExceeded,
} from "../_wire/service_error.ts";
import type { FanOutConsumer } from "./consumer.ts";
import {
  DEFAULT_RECORD_KIB,
  HOUR_MS,
  LIST_SHARDS_PER_SECOND,
  MIN_RETENTION_HOURS,
} from "./limits.ts";
import { TokenBucket } from "./rate.ts";
import type { Payload } from "./record_log.ts";
import type { Shard } from "./shard.ts";
import { ShardMap } from "./shard_map.ts";

/** The state of a stream. */
export type StreamStatus = "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";
/** How capacity is paid and found. */
export type StreamMode = "PROVISIONED" | "ON_DEMAND";

/** What a stream is made of. */
export interface StreamOptions {
  /** Its name. */
  name: string;
  /** Its ARN. */
  arn: string;
  /** The account it belongs to. */
  accountId: string;
  /** When it was created. */
  createdAt: number;
  /** Shards to begin with. */
  shards: number;
  /** @default {"PROVISIONED"} */
  mode?: StreamMode;
}

/** A stream of the account. */
export class Stream {
  /** Its name. */
  readonly name: string;
  /** Its ARN. */
  readonly arn: string;
  /** The account it belongs to. */
  readonly accountId: string;
  /** When it was created. */
  readonly createdAt: number;
  /** Its shards. */
  readonly shards: ShardMap;
  /** Its registered consumers by name. */
  readonly consumers: Map<string, FanOutConsumer> = new Map();
  /** Its tags. */
  readonly tags: Map<string, string> = new Map();
  /** Shard-level metrics that are switched on. */
  readonly metrics: Set<string> = new Set();
  /** Times of UpdateShardCount. */
  resizedAt: readonly number[] = [];
  /** ListShards calls it can answer. */
  readonly listCalls: TokenBucket;
  /** Its state. */
  status: StreamStatus = "CREATING";
  /** How capacity is paid and found. */
  mode: StreamMode;
  /** Hours that a record can be read. */
  retentionHours: number = MIN_RETENTION_HOURS;
  /** Largest record, data and key, in KiB. */
  maxRecordKiB: number = DEFAULT_RECORD_KIB;
  /** The KMS key, while it is encrypted. */
  keyId: string | undefined;
  /** Its resource policy. */
  policy: string | undefined;
  /** MiB/s that an on-demand stream is prepared for. */
  warmMiBps: number | undefined;
  /** Whether the service places records, whatever their keys. */
  distributes = false;

  /** A stream in state CREATING. */
  constructor(options: StreamOptions) {
    this.name = options.name;
    this.arn = options.arn;
    this.accountId = options.accountId;
    this.createdAt = options.createdAt;
    this.mode = options.mode ?? "PROVISIONED";
    this.shards = new ShardMap(options.shards, options.createdAt);
    this.listCalls = new TokenBucket(LIST_SHARDS_PER_SECOND, this.createdAt);
  }

  /** The stream in the words of error messages. */
  get label(): string {
    return `stream ${this.name} under account ${this.accountId}`;
  }

  /** `KMS` or `NONE`. */
  get encryptionType(): "KMS" | "NONE" {
    return this.keyId === undefined ? "NONE" : "KMS";
  }

  /** Fails unless the stream is ACTIVE. */
  requireActive(): void {
    if (this.status !== "ACTIVE") {
      throw inUse(
        `Stream ${this.name} under account ${this.accountId} not ACTIVE, instead in state ${this.status}`,
      );
    }
  }

  /** Fails while records can neither be written nor read. */
  requireReady(): void {
    if (this.status === "CREATING") throw notFound(this.notFoundMessage());
  }

  /** A shard that can still be seen; fails if there is none with this id. */
  shard(id: string, now: number): Shard {
    this.expire(now);
    const shard = this.shards.get(id);
    if (!shard) {
      throw notFound(
        `Shard ${id} in ${this.label} does not exist`,
      );
    }
    shard.log.trim(this.horizon(now));
    return shard;
  }

  /** A shard that can be split or merged. */
  openShard(id: string, now: number): Shard {
    const shard = this.shard(id, now);
    if (shard.closedAt !== undefined) {
      throw invalidArgument(
        `Shard ${id} in ${this.label} has already been merged or split, and thus is not eligible for merging or splitting.`,
      );
    }
    return shard;
  }

  /** The time before which records are gone. */
  horizon(now: number): number {
    return now - this.retentionHours * HOUR_MS;
  }

  /** Forgets shards that are closed for longer than the retention. */
  expire(now: number): void {
    this.shards.expire(this.horizon(now));
  }

  /** Forgets all records and shards that are older than the retention. */
  trim(now: number): void {
    this.expire(now);
    for (const shard of this.shards.all) shard.log.trim(this.horizon(now));
  }

  /** Stores one record and says its sequence number, or throws what keeps the shard from it. */
  write(
    shard: Shard,
    record: { data: Payload; key: string | undefined; size: number },
    now: number,
    limited: boolean,
  ): string {
    if (limited && !shard.admit(record.size, now)) {
      throw throughputExceeded(this.rateMessage(shard));
    }
    return shard.append({
      data: record.data,
      key: record.key,
      size: record.size,
      time: Math.max(now, shard.log.lastTime),
      encrypted: this.keyId !== undefined,
    });
  }

  /** The words for a shard that was asked too much. */
  rateMessage(shard: Shard): string {
    return `Rate exceeded for shard ${shard.id} in ${this.label}.`;
  }

  /** The words for a stream that is not there. */
  notFoundMessage(): string {
    return `Stream ${this.name} under account ${this.accountId} not found.`;
  }
}
