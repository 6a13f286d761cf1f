/**
 * A Kinesis without a network: a client whose answers a test decides, in fake time. Signing is left
 * out, so that nothing waits for anything but the clock.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import { hashKeyOf } from "../../_aws/hash_key.ts";
import { ShardMap } from "../../_producer/shard_map.ts";
import {
  type CallOptions,
  type CreateStreamRequest,
  type DescribeStreamSummaryResponse,
  KinesisClient,
  type PutRecordsRequest,
  type PutRecordsRequestEntry,
  type PutRecordsResponse,
  type PutRecordsResultEntry,
  type RecordDistributionStrategy,
  type Shard,
  type StreamStatus,
} from "../../client/mod.ts";
import { ConnectionError, ServiceError } from "../../errors.ts";
import type { FakeClock } from "../_services/fake_clock.ts";

/** A record that was stored. */
export interface Stored {
  readonly text: string;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly key: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/** Decides about one request; what it returns is the answer, `undefined` stores everything. */
export type OnPut = (
  request: PutRecordsRequest,
  index: number,
) =>
  | PutRecordsResponse
  | undefined
  | Promise<PutRecordsResponse | undefined>;

const ALL = 2n ** 128n;
const decoder = new TextDecoder();

export class StubKinesis extends KinesisClient {
  readonly requests: PutRecordsRequest[] = [];
  /** When each request arrived. */
  readonly times: number[] = [];
  readonly stored: Stored[] = [];
  readonly shards: Shard[] = [];
  readonly clock: FakeClock;
  listings = 0;
  inFlight = 0;
  mostInFlight = 0;
  latencyMs = 0;
  onPut: OnPut = () => undefined;
  /** Throw to refuse a listing. A promise delays it. */
  onList: () => void | Promise<void> = () => {};
  descriptions = 0;
  /** The MaxRecordSizeInKiB of the stream. */
  onDescribe: () => number | undefined = () => undefined;
  /** What DescribeStreamSummary says of how records find their shards. */
  strategy: RecordDistributionStrategy | undefined;
  /** Chooses the shard of a record in place of its keys, as AUTO record distribution does. */
  distribute: (() => string) | undefined;
  /** The state of the stream; throw to have none. */
  onStatus: () => StreamStatus | undefined = () => undefined;
  onCreate: (request: CreateStreamRequest) => void = () => {};
  #sequence = 0;

  constructor(clock: FakeClock, shardCount = 1) {
    super({ region: "eu-west-1", clock });
    this.clock = clock;
    this.remake(shardCount);
  }

  /** Deletes the stream and makes it anew, with other shards of the same ids. */
  remake(shardCount: number): void {
    this.shards.length = 0;
    this.stored.length = 0;
    const width = ALL / BigInt(shardCount);
    for (let i = 0; i < shardCount; i++) {
      const last = i === shardCount - 1;
      this.#open(
        width * BigInt(i),
        last ? ALL - 1n : width * BigInt(i + 1) - 1n,
      );
    }
  }

  override async *listAllShards(): AsyncGenerator<Shard, void> {
    this.listings++;
    const listed = this.onList();
    if (listed) await listed;
    yield* this.shards.map((shard) => structuredClone(shard));
  }

  override async describeStreamSummary(): Promise<
    DescribeStreamSummaryResponse
  > {
    this.descriptions++;
    await undefined;
    return {
      StreamDescriptionSummary: {
        MaxRecordSizeInKiB: this.onDescribe(),
        RecordDistributionStrategy: this.strategy,
        StreamStatus: this.onStatus(),
      },
    } as DescribeStreamSummaryResponse;
  }

  override async createStream(request: CreateStreamRequest): Promise<void> {
    await undefined;
    this.onCreate(request);
  }

  override async putRecords(
    request: PutRecordsRequest,
    { signal }: CallOptions = {},
  ): Promise<PutRecordsResponse> {
    const index = this.requests.length;
    this.requests.push(request);
    this.times.push(this.clock.now());
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      if (this.latencyMs) {
        await delay(this.latencyMs, { clock: this.clock, signal });
      } else await undefined;
      signal?.throwIfAborted();
      return await this.onPut(request, index) ?? this.storeAll(request);
    } finally {
      this.inFlight--;
    }
  }

  /** Stores all records of a request. */
  storeAll(request: PutRecordsRequest): PutRecordsResponse {
    return answer(request.Records.map((entry) => this.store(entry)));
  }

  /** Stores those records of a request that the test does not fail. */
  storeSome(
    request: PutRecordsRequest,
    codeOf: (entry: PutRecordsRequestEntry, index: number) =>
      | string
      | undefined,
  ): PutRecordsResponse {
    return answer(request.Records.map((entry, i) => {
      const code = codeOf(entry, i);
      return code === undefined
        ? this.store(entry)
        : { ErrorCode: code, ErrorMessage: "no" };
    }));
  }

  store(entry: PutRecordsRequestEntry): PutRecordsResultEntry {
    const { PartitionKey = "", ExplicitHashKey } = entry;
    const shardId = this.distribute?.() ??
      this.shardOf(PartitionKey, ExplicitHashKey);
    const sequenceNumber = String(++this.#sequence);
    this.stored.push({
      text: textOf(entry),
      data: entry.Data as Uint8Array<ArrayBuffer>,
      key: PartitionKey,
      shardId,
      sequenceNumber,
    });
    return { ShardId: shardId, SequenceNumber: sequenceNumber };
  }

  shardOf(partitionKey: string, explicitHashKey?: string): string {
    return new ShardMap(this.shards).shardOf(
      explicitHashKey === undefined
        ? hashKeyOf(partitionKey)
        : BigInt(explicitHashKey),
    )!;
  }

  split(shardId: string): void {
    const [start, end] = this.#close(shardId);
    const middle = (start + end) / 2n;
    this.#open(start, middle);
    this.#open(middle + 1n, end);
  }

  merge(shardId: string, adjacent: string): void {
    const ranges = [...this.#close(shardId), ...this.#close(adjacent)];
    ranges.sort((a, b) => a < b ? -1 : 1);
    this.#open(ranges[0]!, ranges.at(-1)!);
  }

  get openShardIds(): string[] {
    return new ShardMap(this.shards).shardIds;
  }

  /** The texts that were stored, in order. */
  get texts(): string[] {
    return this.stored.map(({ text }) => text);
  }

  #open(start: bigint, end: bigint): void {
    this.shards.push({
      ShardId: `shardId-${String(this.shards.length).padStart(12, "0")}`,
      HashKeyRange: {
        StartingHashKey: String(start),
        EndingHashKey: String(end),
      },
      SequenceNumberRange: { StartingSequenceNumber: "1" },
    });
  }

  #close(shardId: string): [bigint, bigint] {
    const shard = this.shards.find(({ ShardId }) => ShardId === shardId)!;
    shard.SequenceNumberRange.EndingSequenceNumber = "2";
    const { StartingHashKey, EndingHashKey } = shard.HashKeyRange;
    return [BigInt(StartingHashKey), BigInt(EndingHashKey)];
  }
}

export function textOf(entry: PutRecordsRequestEntry): string {
  return decoder.decode(entry.Data);
}

export function answer(Records: PutRecordsResultEntry[]): PutRecordsResponse {
  return {
    FailedRecordCount: Records.filter(({ ErrorCode }) => ErrorCode).length,
    Records,
  };
}

export function accessDenied(): ServiceError {
  return new ServiceError("Cannot PutRecords: AccessDeniedException", {
    code: "AccessDeniedException",
    action: "PutRecords",
    status: 400,
  });
}

/** An error answer of an action. */
export function answered(
  code: string,
  action = "PutRecords",
  retryable = false,
): ServiceError {
  return new ServiceError(`Cannot ${action}: ${code}`, {
    code,
    action,
    status: 400,
    retryable,
  });
}

export function unavailable(): ServiceError {
  return new ServiceError("Cannot PutRecords: ServiceUnavailable", {
    code: "ServiceUnavailable",
    action: "PutRecords",
    status: 503,
    retryable: true,
  });
}

export function connectionLost(): ConnectionError {
  return new ConnectionError("Cannot PutRecords: no connection");
}

/** Random numbers in [0, 1) that a seed determines (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 4294967296;
  };
}
