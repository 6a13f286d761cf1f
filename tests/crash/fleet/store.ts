/**
 * The store of the workers: a Redis that is killed and started again.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { type RedisServer, startRedis } from "../../_services/redis.ts";
import { machineNow } from "./log.ts";
import type { Span } from "./outcome.ts";

/** Redis keeps every write that it has acknowledged over a SIGKILL. */
const SETTINGS = ["--appendonly", "yes", "--appendfsync", "always"];

/** A Redis in a folder, on one port for all of its lives. */
export class FleetStore implements AsyncDisposable {
  readonly #directory: string;
  readonly #outages: Span[] = [];
  #server: RedisServer;

  private constructor(directory: string, server: RedisServer) {
    this.#directory = directory;
    this.#server = server;
  }

  /** Starts the server. */
  static async start(directory: string): Promise<FleetStore> {
    const server = await startRedis({ directory, settings: SETTINGS });
    return new FleetStore(directory, server);
  }

  /** The loopback port. */
  get port(): number {
    return this.#server.port;
  }

  /** When the server was down. */
  get outages(): readonly Span[] {
    return this.#outages;
  }

  /** SIGKILL, and a start after so many milliseconds. */
  async restart(afterMs: number): Promise<void> {
    const { port } = this.#server;
    const from = machineNow();
    await this.#server.close();
    await delay(afterMs);
    const options = { port, directory: this.#directory, settings: SETTINGS };
    this.#server = await startRedis(options);
    this.#outages.push([from, machineNow()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}
