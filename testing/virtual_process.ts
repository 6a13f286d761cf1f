/**
 * A process of a test, which can be killed.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import type { Checkpointer } from "../checkpoint/mod.ts";
import type { Fetch } from "./_faults/exchange.ts";
import { DirectClient } from "./_simulation/direct_client.ts";
import { Machine } from "./_simulation/machine.ts";
import { networkFetch } from "./_simulation/network.ts";
import { RemoteStore } from "./_simulation/remote_store.ts";
import type { VirtualClock } from "./virtual_clock.ts";

/** Options of a {@linkcode VirtualProcess}. */
export interface VirtualProcessOptions {
  /**
   * How long a call to the service or the store and its answer take each, in ms.
   * @default {5}
   */
  latencyMs?: number;
}

/**
 * A process that a test kills or stops, as SIGKILL and SIGSTOP do. A consumer that a test only
 * abandons goes on: it renews its leases and acknowledges, so a second consumer gets no shard, and
 * ends without a value and without an error. In a process that is killed no timer runs, no request
 * is sent and no answer arrives. Its leases stay until `failoverTimeMs` is over, as in production.
 *
 * Give the consumer all three: the clock, the client and the checkpointer of its process. Code of
 * the test itself, such as a handler, is not stopped: it ends at its next `await` of something of
 * the process.
 *
 * @example The second consumer reads what the first one had not acknowledged when it was killed
 * ```ts
 * import {
 *   DirectClient,
 *   KinesisServer,
 *   VirtualClock,
 *   VirtualProcess,
 * } from "@webstreams/kinesis/testing";
 * import { Consumer } from "@webstreams/kinesis";
 * import { MemoryCheckpointer } from "@webstreams/kinesis/checkpoint";
 * import { string } from "@webstreams/kinesis/processors";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new VirtualClock();
 * const server = new KinesisServer({ clock });
 * const { streamName } = server.createStream("orders");
 * await new DirectClient(server.fetch).putRecords({
 *   StreamName: streamName,
 *   Records: ["a", "b", "c"].map((value) => ({
 *     PartitionKey: "k",
 *     Data: new TextEncoder().encode(value),
 *   })),
 * });
 *
 * const store = new MemoryCheckpointer();
 * const start = (process: VirtualProcess) =>
 *   new Consumer({
 *     client: process.client(server.fetch),
 *     checkpointer: process.checkpointer(store),
 *     clock: process.clock,
 *     streamName,
 *     processor: string(),
 *     until: "caught-up",
 *   });
 *
 * const first = new VirtualProcess(clock);
 * const reader = start(first).getReader();
 * const { value: a } = await clock.runUntil(reader.read());
 * a!.ack();
 * await clock.advance(10_000); // the checkpoint is stored
 * await clock.runUntil(reader.read()); // "b" is not acknowledged
 * first.kill();
 *
 * const seen: string[] = [];
 * const consumer = start(new VirtualProcess(clock));
 * const second = async () => {
 *   for await (const { value } of consumer) seen.push(value);
 * };
 * await clock.runUntil(second());
 * assertEquals(seen, ["b", "c"]);
 * ```
 */
export class VirtualProcess {
  readonly #machine: Machine;
  readonly #latencyMs: number;

  /**
   * Starts a process.
   *
   * @throws {RangeError} if `latencyMs` is negative
   */
  constructor(clock: VirtualClock, options: VirtualProcessOptions = {}) {
    const check = new OptionCheck("Cannot create VirtualProcess");
    check.methods("clock", clock ?? null, "advance", "monotonic");
    check.object("options", options ?? null, ["latencyMs"]);
    this.#latencyMs = check.number("latencyMs", options.latencyMs, {
      default: 5,
      most: 60_000,
    });
    this.#machine = new Machine("process", clock);
  }

  /** The clock of the process: the option `clock` of a consumer or producer. */
  get clock(): Clock {
    return this.#machine.clock;
  }

  /** Whether the process is neither killed nor frozen. */
  get isRunning(): boolean {
    return this.#machine.isRunning;
  }

  /** A client of the process. `fetch` is that of an in-memory server, with or without faults. */
  client(fetch: Fetch): DirectClient {
    return new DirectClient(networkFetch({
      machine: this.#machine,
      service: fetch,
      way: () => this.#way(),
    }));
  }

  /** A checkpointer of the process, for a store that several processes share. */
  checkpointer(store: Checkpointer): Checkpointer {
    const machine = this.#machine;
    return new RemoteStore({
      machine,
      store,
      draw: () => ({ way: this.#way() }),
    });
  }

  /** Ends the process at once, as SIGKILL does. A request that was sent still takes effect. */
  kill(): void {
    this.#machine.kill();
  }

  /** Stops the process until {@linkcode VirtualProcess.thaw}, as SIGSTOP or a long pause does. */
  freeze(): void {
    this.#machine.freeze();
  }

  /** Lets the process go on. Its timers and answers of the meantime come now. */
  thaw(): void {
    this.#machine.thaw();
  }

  #way() {
    return { thereMs: this.#latencyMs, backMs: this.#latencyMs };
  }
}
