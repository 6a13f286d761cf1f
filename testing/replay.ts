/**
 * Plays a capture for a handler, in virtual time.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { KinesisError } from "../errors.ts";
import { bytes } from "../processors/bytes.ts";
import type { Processor, Unpacked } from "../processors/mod.ts";
import { CapturedShards } from "./_captured_shards.ts";
import { HandlerWorld, type WorldRecord } from "./_simulation/handler_world.ts";
import type { Capture, CapturedRecord } from "./capture_types.ts";
import { readCapture } from "./read_capture.ts";
import { PROCESS_OPTIONS, SEEDS } from "./simulate.ts";
import type {
  SimulatedHandler,
  SimulateOptions,
  SimulationReport,
} from "./simulate_types.ts";

/** Options of {@linkcode replay}. */
export interface ReplayOptions<T>
  extends Pick<SimulateOptions<T>, "seed" | "process" | "workers" | "check"> {
  /**
   * Reads the values of the records. Records that `redactAll` has changed have none: leave it out
   * for them. Default: the value of a record is its bytes.
   */
  processor?: Processor<T>;
}

/** A call of the handler in a replay. */
export interface ReplayedCall {
  /** The captured record. */
  readonly record: CapturedRecord;
  /** The index of the value in its record. */
  readonly subSequenceNumber: number;
  /** Whether the handler has resolved. If not, it rejected or its worker crashed. */
  readonly completed: boolean;
}

/** What has happened in a replay. */
export interface ReplayReport extends SimulationReport {
  /** The values in the records. */
  readonly values: number;
  /** What the handler saw: its calls, in their order. */
  readonly seen: readonly ReplayedCall[];
}

const OPTIONS: Record<keyof ReplayOptions<never>, true> = {
  seed: true,
  process: true,
  workers: true,
  check: true,
  processor: true,
};
/** The shortest and the longest time of a replay until nothing fails any more, in milliseconds. */
const LEAST_MS = 60_000;
const MOST_MS = 600_000;

/**
 * Plays a capture for a handler of `Consumer.process`, in the world of `simulate`: the records are
 * written to an in-memory stream at their arrival times, in virtual time, which splits and merges,
 * crashes and lost answers disturb as the seed says. So the handler gets values again. The report
 * says what it saw.
 *
 * Records of one shard are written in their order, those of a shard after those of its parents. A
 * capture of more than 10 minutes is played in 10 minutes. Shards are not those of the capture: the
 * stream begins with two. A record without a partition key gets one. The capture is held in memory.
 * A record that a reshard put into a wrong shard, and that its producer sent again as a whole, is
 * left out, as a consumer does. Of such a record of the KPL, all values are played.
 *
 * @example
 * ```ts
 * import { type Capture, replay } from "@webstreams/kinesis/testing";
 * import { string } from "@webstreams/kinesis/processors";
 * import { assertEquals } from "@std/assert";
 *
 * // In place of: await readCapture((await Deno.open("orders.capture")).readable)
 * const capture: Capture = {
 *   stream: "orders",
 *   shards: [],
 *   records: Array.from({ length: 20 }, (_, n) => ({
 *     shardId: "shardId-000000000000",
 *     sequenceNumber: `${n}`,
 *     partitionKey: `user-${n % 3}`,
 *     arrivedAt: 1_700_000_000_000 + 1000 * n,
 *     data: new TextEncoder().encode(`order ${n}`),
 *   })),
 * };
 * const database = new Set<string>();
 * const report = await replay(capture, async ({ value }, { io }) => {
 *   await io(() => database.add(value));
 * }, { seed: 3, processor: string(), check: () => assertEquals(database.size, 20) });
 * assertEquals(report.seen.length, report.calls);
 * ```
 *
 * @throws {KinesisError} `SimulationFailed` if `check` throws or a value is not processed,
 * `Undecodable` if the processor cannot read a record, and the errors of `readCapture`
 * @throws {TypeError} if an option is of the wrong type
 * @throws {RangeError} if a number is out of its range
 */
export async function replay<T = Uint8Array<ArrayBuffer>>(
  capture: Capture | ReadableStream<Uint8Array<ArrayBuffer>>,
  handler: SimulatedHandler<T>,
  options: ReplayOptions<T> = {},
): Promise<ReplayReport> {
  const check = new OptionCheck("Cannot replay");
  check.methods("capture", capture ?? null);
  check.type("handler", handler ?? null, "function");
  check.object("options", options ?? null, Object.keys(OPTIONS));
  check.object("process", options.process, PROCESS_OPTIONS);
  check.type("check", options.check, "function");
  const processor =
    check.methods("processor", options.processor, "unpack", "decoder") ??
      bytes() as Processor<unknown> as Processor<T>;
  const whole = { integer: true };
  const seed = check.number("seed", options.seed, SEEDS);
  const workers = check.number("workers", options.workers, {
    default: 3,
    least: 1,
    most: 8,
    ...whole,
  });
  const { shards, records, stream } = "getReader" in capture
    ? await readCapture(capture)
    : capture;
  const timed = byArrival({ shards, records, stream });
  const durationMs = timed.at(-1)?.atMs ?? 0;
  const scale = Math.min(1, MOST_MS / durationMs);
  const captured = new CapturedShards(shards);
  const played: CapturedRecord[] = [];
  const written: WorldRecord[] = [];
  for (const { record, atMs } of timed) {
    const items = await unpacked(record, stream, processor);
    // The same values are in later records.
    if (captured.drops(record, items)) continue;
    written.push({
      data: record.data,
      partitionKey: record.partitionKey || `key-${played.length}`,
      values: items.length,
      atMs: atMs * scale,
    });
    played.push(record);
  }
  const seen: { -readonly [K in keyof ReplayedCall]: ReplayedCall[K] }[] = [];
  const world = new HandlerWorld<T>({
    handler,
    seed,
    workers,
    processor,
    records: written,
    process: options.process ?? {},
    roughMs: Math.max(LEAST_MS, durationMs * scale),
    onCall(index, subSequenceNumber) {
      const record = played[index]!;
      const call = { record, subSequenceNumber, completed: false };
      seen.push(call);
      return () => void (call.completed = true);
    },
  });
  const report = await world.run(options.check ?? (() => {}));
  const values = written.reduce((sum, record) => sum + record.values, 0);
  return { ...report, values, seen };
}

interface TimedRecord {
  readonly record: CapturedRecord;
  /** The time of its arrival after the first record, in milliseconds. */
  readonly atMs: number;
}

/**
 * The records in the order of their arrival. Clocks of Kinesis differ a little, so a record counts
 * as no earlier than those before it in its shard, and than the last one of each parent.
 */
function byArrival({ shards, records }: Capture): TimedRecord[] {
  const parents = new Map(
    shards.map(({ shardId, parentShardId, adjacentParentShardId }) =>
      [shardId, [parentShardId, adjacentParentShardId]] as const
    ),
  );
  const latest = new Map<string, number>();
  const timed = records.map((record) => {
    const { shardId, arrivedAt = -Infinity } = record;
    const before = latest.has(shardId)
      ? [latest.get(shardId)!]
      : (parents.get(shardId) ?? []).map((id) =>
        latest.get(id ?? "") ?? -Infinity
      );
    const at = Math.max(arrivedAt, ...before);
    latest.set(shardId, at);
    return { record, at };
  });
  // The sort is stable.
  timed.sort((a, b) => a.at === b.at ? 0 : a.at - b.at);
  const first = timed.find(({ at }) => at > -Infinity)?.at ?? 0;
  return timed.map(({ record, at }) => ({
    record,
    atMs: Math.max(0, at - first),
  }));
}

/** The values in a record. */
async function unpacked<T>(
  record: CapturedRecord,
  streamName: string,
  processor: Processor<T>,
): Promise<readonly Unpacked<T>[]> {
  const items = await processor.unpack({ streamName, ...record });
  for (const item of items) {
    if (item.type === "value") continue;
    throw new KinesisError(
      `Cannot replay as a record cannot be read with the processor "${processor.name}": ${item.error.message}`,
      { code: "Undecodable", cause: item.error },
    );
  }
  return items;
}
