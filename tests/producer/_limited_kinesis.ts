/**
 * The in-memory Kinesis with the real limits of its shards, in fake time, with a network that takes
 * its time.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import {
  type DescribeStreamSummaryResponse,
  KinesisClient,
  type PutRecordsRequest,
  type PutRecordsResponse,
  type Shard,
} from "../../client/mod.ts";
import { KinesisServer } from "../../testing/mod.ts";
import type { FakeClock } from "../_services/fake_clock.ts";

/** What a shard took in. */
export interface Taken {
  /** Records that were stored, by second since the start. */
  readonly records: number[];
  /** Bytes that were stored, by second. */
  readonly bytes: number[];
  /** Records that were refused, by second. */
  readonly refused: number[];
}

/**
 * Clients of one stream with several shards. They do not sign, since that would wait for more than
 * the clock.
 */
export class LimitedKinesis {
  readonly shards = new Map<string, Taken>();
  readonly shardIds: readonly string[];
  readonly #server: KinesisServer;
  readonly #clock: FakeClock;
  readonly #random: () => number;
  readonly #started: number;

  /** With `isAuto`, the stream distributes records by itself. */
  constructor(
    clock: FakeClock,
    shards: number,
    random: () => number,
    isAuto = false,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#started = clock.now();
    this.#server = new KinesisServer({ clock });
    this.shardIds = this.#server.createStream("s", {
      shards,
      ...isAuto &&
        { mode: "ON_DEMAND", recordDistributionStrategy: "AUTO" },
    }).shardIds;
    for (const shardId of this.shardIds) {
      this.shards.set(shardId, { records: [], bytes: [], refused: [] });
    }
  }

  /** What one client has stored, and what was refused to it, by second. */
  client(own: Taken = { records: [], bytes: [], refused: [] }): KinesisClient {
    const call = (action: string, body: object) => this.#call(action, body);
    const put = (request: PutRecordsRequest) => this.#put(request, own);
    return new class extends KinesisClient {
      override async *listAllShards(): AsyncGenerator<Shard, void> {
        const { Shards } = await call("ListShards", { StreamName: "s" });
        yield* Shards as Shard[];
      }
      override describeStreamSummary(): Promise<DescribeStreamSummaryResponse> {
        return call("DescribeStreamSummary", { StreamName: "s" });
      }
      override putRecords(request: PutRecordsRequest) {
        return put(request);
      }
    }({ region: "us-east-1" });
  }

  /** A partition key of a shard. */
  keyOf(shardId: string): string {
    const at = this.shardIds.indexOf(shardId);
    return String((2n ** 128n / BigInt(this.shardIds.length)) * BigInt(at));
  }

  async #put(
    request: PutRecordsRequest,
    own: Taken,
  ): Promise<PutRecordsResponse> {
    await this.#travel();
    const second = Math.floor((this.#clock.now() - this.#started) / 1000);
    const answer = await this.#call("PutRecords", {
      ...request,
      Records: request.Records.map((record) => ({
        ...record,
        Data: (record.Data as Uint8Array).toBase64(),
      })),
    }) as PutRecordsResponse;
    answer.Records.forEach(({ ShardId, ErrorMessage }, i) => {
      const shardId = ShardId ?? /shardId-\d+/.exec(ErrorMessage ?? "")?.[0];
      const { Data, PartitionKey = "" } = request.Records[i]!;
      const bytes = (Data as Uint8Array).length + PartitionKey.length;
      for (const taken of [own, this.shards.get(shardId!)]) {
        if (!taken) continue;
        if (!ShardId) add(taken.refused, second, 1);
        else {
          add(taken.records, second, 1);
          add(taken.bytes, second, bytes);
        }
      }
    });
    await this.#travel();
    return answer;
  }

  // Ten milliseconds, and now and then several times that.
  #travel(): Promise<void> {
    const ms = 5 + 10 * this.#random() + (this.#random() < 0.05 ? 80 : 0);
    return delay(Math.round(ms), { clock: this.#clock });
  }

  // deno-lint-ignore no-explicit-any
  async #call(action: string, body: object): Promise<any> {
    const response = await this.#server.fetch("https://kinesis/", {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `Kinesis_20131202.${action}`,
      },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.status !== 200) throw new Error(JSON.stringify(answer));
    return answer;
  }
}

function add(counts: number[], second: number, amount: number): void {
  while (counts.length <= second) counts.push(0);
  counts[second]! += amount;
}

/** The sum over some seconds. */
export function total(counts: number[], from = 0, to = Infinity): number {
  return counts.slice(from, to).reduce((sum, count) => sum + count, 0);
}
