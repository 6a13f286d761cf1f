/**
 * The stream: it is served over loopback, written at a steady rate, and resharded.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { KinesisClient, recordId } from "../../../mod.ts";
import { KinesisServer } from "../../../testing/mod.ts";
import { ScaledClock } from "../../chaos/scaled_clock.ts";
import { SeededChoices } from "../../chaos/seeded_choices.ts";
import type { Item } from "../items.ts";
import { FLEET_STREAM } from "./job.ts";
import type { StoredValue } from "./outcome.ts";
import type { FleetPlan } from "./plan.ts";

const KEYS = 500;
/** How often records are written, in milliseconds. */
const INTERVAL_MS = 50;
/** The most records of one PutRecords request. */
const MOST_RECORDS = 500;

/** A server with one stream. */
export class FleetSource implements AsyncDisposable {
  readonly #plan: FleetPlan;
  readonly #server: KinesisServer;
  readonly #listener: Deno.HttpServer<Deno.NetAddr>;
  readonly #choices: SeededChoices;
  /** The open shards in the order of their hash keys. */
  readonly #open: string[];
  readonly #parents = new Map<string, readonly string[]>();
  readonly #next = new Map<string, number>();

  constructor(plan: FleetPlan) {
    this.#plan = plan;
    this.#choices = new SeededChoices(plan.seed).fork(1);
    this.#server = new KinesisServer({
      clock: new ScaledClock(plan.speed),
      limits: false,
      logLimit: 0,
    });
    const { shardIds } = this.#server.createStream(FLEET_STREAM, {
      shards: plan.shards,
    });
    this.#open = [...shardIds];
    this.#listener = Deno.serve({
      port: 0,
      hostname: "127.0.0.1",
      onListen: () => {},
      // The body of a request ends early if its process is killed.
      onError: () => new Response(null, { status: 500 }),
    }, this.#server.fetch);
  }

  /** The base URL for clients. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** The parents of each shard that a reshard has made. */
  get parents(): ReadonlyMap<string, readonly string[]> {
    return this.#parents;
  }

  /** Writes all records, evenly over this time. */
  async write(durationMs: number): Promise<void> {
    const client = new KinesisClient(this.#server.connection);
    const { records } = this.#plan;
    const start = performance.now();
    for (let written = 0; written < records;) {
      const part = Math.min(1, (performance.now() - start) / durationMs);
      const due = Math.min(MOST_RECORDS, Math.ceil(part * records) - written);
      if (due > 0) await this.#put(client, due);
      written += due;
      if (due < MOST_RECORDS) await delay(INTERVAL_MS);
    }
  }

  /** Splits a shard in two. */
  split(): void {
    const at = this.#choices.integer(0, this.#open.length - 1);
    const parent = this.#open[at]!;
    const children = this.#server.split(FLEET_STREAM, parent);
    for (const child of children) this.#parents.set(child, [parent]);
    this.#open.splice(at, 1, ...children);
  }

  /** Merges two shards. */
  merge(): void {
    const at = this.#choices.integer(0, this.#open.length - 2);
    const parents = this.#open.slice(at, at + 2) as [string, string];
    const child = this.#server.merge(FLEET_STREAM, ...parents);
    this.#parents.set(child, parents);
    this.#open.splice(at, 2, child);
  }

  /** The values of each shard. */
  stored(): Map<string, StoredValue[]> {
    const stored = new Map<string, StoredValue[]>();
    for (const record of this.#server.records(FLEET_STREAM)) {
      const { shardId, sequenceNumber, partitionKey: key = "" } = record;
      const id = recordId({ shardId, sequenceNumber, subSequenceNumber: 0 });
      const values = stored.get(shardId);
      if (values) values.push({ id, key });
      else stored.set(shardId, [{ id, key }]);
    }
    return stored;
  }

  /** One request at a time, so the values of a key are stored in the order of `n`. */
  async #put(client: KinesisClient, count: number): Promise<void> {
    const encoder = new TextEncoder();
    const answer = await client.putRecords({
      StreamName: FLEET_STREAM,
      Records: Array.from({ length: count }, () => {
        const key = `key-${this.#choices.integer(1, KEYS)}`;
        const n = this.#next.get(key) ?? 0;
        this.#next.set(key, n + 1);
        const item: Item = { key, n };
        return {
          Data: encoder.encode(JSON.stringify(item)),
          PartitionKey: key,
        };
      }),
    });
    assertEquals(answer.FailedRecordCount ?? 0, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.shutdown();
  }
}
