/**
 * One stream: its shards, settings and registered consumers.
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

/** The StreamStatus of the API. */
export type StreamStatus = "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";
/** The capacity mode of a stream. */
export type StreamMode = "PROVISIONED" | "ON_DEMAND";

/** The parts of a new stream. */
export interface StreamOptions {
  name: string;
  arn: string;
  /** The account that owns the stream: 12 digits. */
  accountId: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** The number of shards to open. */
  shards: number;
  /** @default {"PROVISIONED"} */
  mode?: StreamMode;
}

/** A stream of the account. */
export class Stream {
  readonly name: string;
  readonly arn: string;
  /** The account that owns the stream: 12 digits. */
  readonly accountId: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly shards: ShardMap;
  /** The registered consumers by name. */
  readonly consumers: Map<string, FanOutConsumer> = new Map();
  readonly tags: Map<string, string> = new Map();
  /** Shard-level metrics that are switched on. */
  readonly metrics: Set<string> = new Set();
  /** Times of the UpdateShardCount calls in the last 24 hours, in milliseconds since the epoch. */
  shardCountUpdatedAt: readonly number[] = [];
  /** The rate limit of ListShards calls. */
  readonly listCalls: TokenBucket;
  status: StreamStatus = "CREATING";
  /** The capacity mode. */
  mode: StreamMode;
  /** The retention period in hours. */
  retentionHours: number = MIN_RETENTION_HOURS;
  /** The largest record in KiB, data and partition key. */
  maxRecordKiB: number = DEFAULT_RECORD_KIB;
  /** The KMS key. `undefined` if the stream is not encrypted. */
  keyId: string | undefined;
  /** The resource policy as JSON text. */
  policy: string | undefined;
  /** The warm throughput of an on-demand stream, in MiB/s. */
  warmMiBps: number | undefined;
  /** Whether RecordDistributionStrategy is AUTO: the service chooses shards and ignores keys. */
  isAutoDistributed = false;

  /** Makes a stream in state CREATING. */
  constructor(options: StreamOptions) {
    this.name = options.name;
    this.arn = options.arn;
    this.accountId = options.accountId;
    this.createdAt = options.createdAt;
    this.mode = options.mode ?? "PROVISIONED";
    this.shards = new ShardMap(options.shards, options.createdAt);
    this.listCalls = new TokenBucket(LIST_SHARDS_PER_SECOND, this.createdAt);
  }

  /** The stream as error messages name it. */
  get label(): string {
    return `stream ${this.name} under account ${this.accountId}`;
  }

  /** `KMS` or `NONE`. */
  get encryptionType(): "KMS" | "NONE" {
    return this.keyId === undefined ? "NONE" : "KMS";
  }

  /** Throws unless the stream is ACTIVE. */
  requireActive(): void {
    if (this.status !== "ACTIVE") {
      throw inUse(
        `Stream ${this.name} under account ${this.accountId} not ACTIVE, instead in state ${this.status}`,
      );
    }
  }

  /** Throws while the stream is CREATING, when records can be neither written nor read. */
  requireReady(): void {
    if (this.status === "CREATING") throw notFound(this.notFoundMessage());
  }

  /** The shard with this id. Throws if it does not exist or its retention period is over. */
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

  /** The open shard with this id. Throws if it does not exist or is closed. */
  openShard(id: string, now: number): Shard {
    const shard = this.shard(id, now);
    if (shard.closedAt !== undefined) {
      throw invalidArgument(
        `Shard ${id} in ${this.label} has already been merged or split, and thus is not eligible for merging or splitting.`,
      );
    }
    return shard;
  }

  /** The trim horizon: records that arrived before this time are removed. */
  horizon(now: number): number {
    return now - this.retentionHours * HOUR_MS;
  }

  /** Removes the shards that were closed before the trim horizon. */
  expire(now: number): void {
    this.shards.expire(this.horizon(now));
  }

  /** Removes all records and closed shards that are older than the retention period. */
  trim(now: number): void {
    this.expire(now);
    for (const shard of this.shards.all) shard.log.trim(this.horizon(now));
  }

  /**
   * Stores one record. Throws if the shard's write rate is exceeded. With AUTO distribution, another
   * shard takes the record then, and it throws only if the rates of all shards are exceeded.
   */
  write(
    shard: Shard,
    record: { data: Payload; key: string | undefined; size: number },
    now: number,
    limited: boolean,
  ): { shard: Shard; number: string } {
    const hasRoom = (one: Shard) => !limited || one.admit(record.size, now);
    const target = hasRoom(shard)
      ? shard
      : this.isAutoDistributed
      ? this.shards.open.find((other) => other !== shard && hasRoom(other))
      : undefined;
    if (!target) throw throughputExceeded(this.rateMessage(shard));
    const number = target.append({
      data: record.data,
      key: record.key,
      size: record.size,
      time: Math.max(now, target.log.lastTime),
      encrypted: this.keyId !== undefined,
    });
    return { shard: target, number };
  }

  /** The error message for a shard whose rate is exceeded. */
  rateMessage(shard: Shard): string {
    return `Rate exceeded for shard ${shard.id} in ${this.label}.`;
  }

  /** The error message for a stream that does not exist. */
  notFoundMessage(): string {
    return `Stream ${this.name} under account ${this.accountId} not found.`;
  }
}
