/**
 * A monitor of a stream in memory, on a clock that only the test moves.
 *
 * @module
 */
import { Monitor, type MonitorOptions } from "../../../cli/_monitor/monitor.ts";
import type { Snapshot } from "../../../cli/_monitor/snapshot.ts";
import {
  DirectClient,
  type Fetch,
  KinesisServer,
  VirtualClock,
} from "../../../testing/mod.ts";

/** A stream, and a monitor of it. */
export class Watch implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly server: KinesisServer;
  readonly client: DirectClient;
  /** The actions of the monitor, with the virtual time of each. */
  readonly calls: { action: string; at: number; shard?: string }[] = [];
  readonly #stop = new AbortController();
  readonly #monitor: Monitor;
  readonly #snapshots: AsyncGenerator<Snapshot>;

  constructor(
    shards: number,
    options: Partial<MonitorOptions> = {},
    around: (fetch: Fetch) => Fetch = (fetch) => fetch,
  ) {
    this.server = new KinesisServer({ clock: this.clock });
    const { streamARN } = this.server.createStream("orders", { shards });
    this.client = new DirectClient(this.server.fetch);
    const counted: Fetch = async (input, init) => {
      const target = new Headers(init?.headers).get("x-amz-target")!;
      const action = target.split(".")[1]!;
      const body = new TextDecoder().decode(init!.body as Uint8Array);
      const shard = JSON.parse(body).ShardId;
      this.calls.push({ action, at: this.clock.monotonic(), shard });
      return await around(this.server.fetch)(input, init);
    };
    this.#monitor = new Monitor({
      client: new DirectClient(counted),
      target: { StreamName: "orders" },
      stream: {
        name: "orders",
        arn: streamARN,
        status: "ACTIVE",
        openShards: shards,
      },
      intervalMs: 1_000,
      sample: true,
      cloudWatch: "off",
      metrics: [],
      clock: this.clock,
      fetch: () => Promise.reject(new Error("There is no network")),
      ...options,
    });
    this.#snapshots = this.#monitor.snapshots({
      signal: this.#stop.signal,
      isFirstAtOnce: true,
    });
  }

  /** The snapshot after so many seconds. `eachSecond` is called before each of them. */
  async after(
    seconds: number,
    eachSecond: () => Promise<unknown> | void = () => {},
  ): Promise<Snapshot> {
    let snapshot: Snapshot | undefined;
    for (let i = 0; i < seconds; i++) {
      await eachSecond();
      const next = await this.clock.runUntil(this.#snapshots.next());
      snapshot = next.value!;
    }
    return snapshot!;
  }

  /** Writes records to the shard that begins at a hash key. */
  async put(count: number, bytes: number, hashKey: string): Promise<void> {
    for (let left = count; left > 0; left -= 500) {
      await this.client.putRecords({
        StreamName: "orders",
        Records: Array.from({ length: Math.min(500, left) }, () => ({
          Data: new Uint8Array(bytes - 1),
          PartitionKey: "k",
          ExplicitHashKey: hashKey,
        })),
      });
    }
  }

  /** How often the monitor has called an action. */
  count(action: string): number {
    return this.calls.filter((it) => it.action === action).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.clock.runUntil(this.#snapshots.return(undefined));
    await this.clock.runUntil(this.#monitor.close());
  }
}
