/**
 * A world whose consumers read with enhanced fan-out.
 *
 * @module
 */
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisClient, type KinesisClientOptions } from "../../client/mod.ts";
import type { Consumer, ConsumerOptions } from "../../consumer.ts";
import type { ConsumerHooks } from "../../hooks.ts";
import { type Item, STREAM, World, type WorldOptions } from "./_world.ts";

export const CONSUMER = "app";

/** A subscription that was asked for. */
export interface Asked {
  readonly at: number;
  readonly shardId: string;
  readonly type: string;
  readonly sequenceNumber: string | undefined;
  readonly consumerARN: string;
  readonly error: string | undefined;
}

/** The fixture. */
export class FanOutWorld extends World {
  readonly checkpointer: MemoryCheckpointer = new MemoryCheckpointer();
  /** When subscriptions started, by shard. */
  readonly started: string[] = [];

  constructor({ server = {}, ...options }: WorldOptions = {}) {
    super({ ...options, server: { region: "eu-west-1", ...server } });
  }

  /**
   * A client whose time limits are those of this world, too: that of silence above all. Time stands
   * still until a request is answered, or with `holdsAnswers: false` until it is sent.
   */
  fanOutClient(
    options: KinesisClientOptions = {},
    { holdsAnswers = true } = {},
  ): KinesisClient {
    const sent: (() => void)[] = [];
    const client = new KinesisClient({
      region: "eu-west-1",
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
      environment: {
        env: () => undefined,
        readTextFile: () => Promise.reject(new Error("There are no files")),
      },
      fetch: (input, init) => {
        sent.shift()?.();
        return this.fetch(input, init);
      },
      clock: this.clock,
      retry: { maxAttempts: 1 },
      ...options,
    });
    for (
      const method of [
        "describeStream",
        "describeStreamConsumer",
        "describeStreamSummary",
        "getRecords",
        "getShardIterator",
        "listShards",
        "listStreamConsumers",
        "putRecord",
        "registerStreamConsumer",
        "deregisterStreamConsumer",
        "subscribeToShard",
      ] as const
    ) {
      // deno-lint-ignore no-explicit-any -- these methods take and return different types
      const object = client as any;
      const call = object[method].bind(client);
      object[method] = (...args: unknown[]) => {
        const answer = call(...args);
        const isSent = new Promise<void>((resolve) => sent.push(resolve));
        const held = holdsAnswers ? answer : Promise.race([answer, isSent]);
        this.holdTime(() => held).catch(() => {});
        return answer;
      };
    }
    return client;
  }

  /** A consumer that reads with enhanced fan-out. */
  fanOut<T = Item>(options: Partial<ConsumerOptions<T>> = {}): Consumer<T> {
    return this.consumer<T>({
      client: this.fanOutClient(),
      fanOut: { consumerName: CONSUMER },
      ...options,
    });
  }

  override get hooks(): ConsumerHooks {
    return {
      ...super.hooks,
      onSubscribed: ({ shardId }) => void this.started.push(shardId),
    };
  }

  /** What SubscribeToShard was asked, in order. */
  get subscriptions(): readonly Asked[] {
    return this.server.log.filter(({ action }) => action === "SubscribeToShard")
      .map(({ at, error, input }) => {
        const { ShardId, StartingPosition, ConsumerARN } = input as {
          ShardId: string;
          ConsumerARN: string;
          StartingPosition: { Type: string; SequenceNumber?: string };
        };
        return {
          at,
          error,
          shardId: ShardId,
          type: StartingPosition.Type,
          sequenceNumber: StartingPosition.SequenceNumber,
          consumerARN: ConsumerARN,
        };
      });
  }

  /** The ARN of the stream. */
  get streamARN(): string {
    return `arn:aws:kinesis:eu-west-1:123456789012:stream/${STREAM}`;
  }
}
