/**
 * Sets the stored progress of a stream back, or forward.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import { inBatches } from "../../_core/in_batches.ts";
import { OptionCheck } from "../../_core/option_check.ts";
import type { Lease } from "../../checkpoint/mod.ts";
import { KinesisError } from "../../errors.ts";
import { listShards } from "../shards/list_shards.ts";
import { type ObservedLeases, observeLeases } from "./observed_leases.ts";
import {
  type ProgressOptions,
  type ResolvedProgressOptions,
  resolveProgressOptions,
} from "./progress_options.ts";
import {
  type PlannedReset,
  planReset,
  type ResetPosition,
  type ShardReset,
} from "./reset_plan.ts";

/** Options of {@linkcode resetCheckpoints}. */
export interface ResetOptions extends ProgressOptions {
  /**
   * Where the shards start afterwards, as the option `from` of a new consumer: at the oldest record,
   * at the records that are written from now on (and about 10 seconds earlier), or at the records
   * that arrived at a time or later.
   */
  to: ResetPosition;
  /**
   * The shards to reset. The leases of the others stay as they are, so a shard may be read again
   * after its children. Default: all shards, and parents are read before their children again.
   */
  shardIds?: readonly string[];
  /**
   * Whether to resolve with the plan and change nothing.
   * @default {false}
   */
  dryRun?: boolean;
  /**
   * Whether running workers lose their leases, instead of the call being refused. They notice that
   * within half of `failoverTimeMs`, for which the call waits before it changes the first lease.
   * Handlers that are running then are told by their signals, and may process values to the end
   * that are read again.
   * @default {false}
   */
  force?: boolean;
  /**
   * Called when the lease of a shard is as wanted, with the number of those that are left. Its errors
   * are ignored.
   */
  onProgress?: (reset: ShardReset, left: number) => void;
}

const WHAT = "Cannot reset the checkpoints";
/** How often the leases are listed again of workers that write while they are taken away. */
const FORCED_ROUNDS = 10;
/** Most concurrent writes of leases. */
const WRITES_AT_ONCE = 32;

/**
 * Sets the progress of all consumers that share the checkpointer, or of some shards, to a position.
 * Stop the consumers first: while a worker holds a lease, nothing is changed, unless `force` is set.
 *
 * All leases are taken before the first one is changed, so a consumer that starts meanwhile reads
 * nothing before the end. If the call fails in the middle, its leases expire after `failoverTimeMs`;
 * call it again. A lease is replaced as a whole: attributes of a KCL in its row are removed, also a
 * pending checkpoint.
 *
 * @example Read yesterday's last hour again
 * ```ts
 * import { Consumer, KinesisClient, resetCheckpoints } from "@webstreams/kinesis";
 * import { MemoryCheckpointer } from "@webstreams/kinesis/checkpoint";
 * import { string } from "@webstreams/kinesis/processors";
 * import { KinesisServer } from "@webstreams/kinesis/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const server = new KinesisServer();
 * server.createStream("orders");
 * const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
 * const client = new KinesisClient({ region: "eu-west-1", credentials, fetch: server.fetch });
 * const Data = new TextEncoder().encode("hello");
 * await client.putRecord({ StreamName: "orders", PartitionKey: "k", Data });
 *
 * const checkpointer = new MemoryCheckpointer();
 * const orders = { client, streamName: "orders", checkpointer };
 * const read = async () => {
 *   const values: string[] = [];
 *   const consumer = new Consumer({ ...orders, processor: string(), until: "caught-up" });
 *   for await (const { value } of consumer) values.push(value);
 *   return values;
 * };
 * assertEquals(await read(), ["hello"]);
 * assertEquals(await read(), []); // it is processed
 *
 * const [shard] = await resetCheckpoints({ ...orders, to: new Date(Date.now() - 3_600_000) });
 * assertEquals(shard?.action, "reset");
 * assertEquals(await read(), ["hello"]);
 * ```
 *
 * @throws {KinesisError} `LeasesHeld` if a running worker holds a lease; `LeasesChanged` if a worker
 * has written a lease meanwhile. The message names the shards and workers, and nothing is changed.
 * `ResetIncomplete` if the checkpointer failed in the middle: the message names the shards that are
 * not reset.
 * @throws {TypeError} if an option is missing or has a wrong type
 * @throws {RangeError} if a number is out of its range, or a shard is not listed
 */
export async function resetCheckpoints(
  options: ResetOptions,
): Promise<ShardReset[]> {
  const settings = resolveProgressOptions(WHAT, options, [
    "to",
    "shardIds",
    "dryRun",
    "force",
    "onProgress",
  ]);
  const check = new OptionCheck(WHAT);
  const { to, shardIds } = checkReset(check, options);
  const dryRun = check.type("dryRun", options.dryRun, "boolean") ?? false;
  const onProgress = check.type("onProgress", options.onProgress, "function");
  const observed = await observeLeases(settings);
  const force = check.type("force", options.force, "boolean") ?? false;
  if (!force) refuseHeld(settings.stream, observed);
  const shards = await listShards(settings, settings.signal);
  const { leases } = observed;
  const plan = await planReset(
    check,
    { shards, leases, to, shardIds },
    settings,
  );
  const isForced = force && observed.held.size > 0;
  if (!dryRun) await new Reset(settings, plan, isForced, onProgress).run();
  return plan.map(reportOf);
}

function checkReset(
  check: OptionCheck,
  { to, shardIds }: ResetOptions,
): Pick<ResetOptions, "to" | "shardIds"> {
  const isTime = to instanceof Date && !Number.isNaN(to.getTime());
  if (!isTime && to !== "TRIM_HORIZON" && to !== "LATEST") {
    const rule = '"TRIM_HORIZON", "LATEST" or a valid Date';
    throw new TypeError(check.message("to", rule, to));
  }
  const isList = shardIds === undefined ||
    Array.isArray(shardIds) && shardIds.length > 0;
  if (!isList) {
    throw new TypeError(
      check.message("shardIds", "a list of shard ids", shardIds),
    );
  }
  return { to, shardIds };
}

function refuseHeld(stream: string, { leases, held }: ObservedLeases): void {
  const running = leases.filter(({ shardId }) => held.has(shardId));
  if (running.length === 0) return;
  const names = running.map(({ shardId, owner }) => `${shardId} by "${owner}"`);
  throw new KinesisError(
    `${WHAT} of ${stream} while workers hold leases: ${names.join(", ")}. ` +
      "Stop all consumers of this checkpointer first; nothing was changed",
    { code: "LeasesHeld" },
  );
}

/** One reset. */
class Reset {
  readonly #settings: ResolvedProgressOptions;
  readonly #changes: readonly PlannedReset[];
  readonly #isForced: boolean;
  readonly #onProgress: ResetOptions["onProgress"];
  /** The name in the leases meanwhile. No consumer has it. */
  readonly #owner = `reset-${crypto.randomUUID()}`;
  readonly #taken = new Map<string, Lease>();
  readonly #done = new Set<PlannedReset>();

  constructor(
    settings: ResolvedProgressOptions,
    plan: readonly PlannedReset[],
    isForced: boolean,
    onProgress: ResetOptions["onProgress"],
  ) {
    this.#settings = settings;
    this.#changes = plan.filter(({ action }) => action !== "keep");
    this.#isForced = isForced;
    this.#onProgress = onProgress;
  }

  async run(): Promise<void> {
    try {
      await this.#takeAll();
      if (this.#isForced) await this.#untilNoticed();
    } catch (error) {
      await this.#releaseAll();
      throw error;
    }
    try {
      // Children first, as a consumer stores them: no shard is without the leases of its children.
      await inBatches(this.#changes, WRITES_AT_ONCE, (it) => this.#apply(it));
    } catch (cause) {
      throw this.#incomplete(cause);
    }
  }

  async #takeAll(): Promise<void> {
    const { stream } = this.#settings;
    let missing = this.#changes.flatMap(({ lease }) => lease ?? []);
    for (let round = 0; round <= FORCED_ROUNDS; round++) {
      missing = await this.#take(missing);
      if (missing.length === 0) return;
      if (!this.#isForced) break;
      missing = await this.#listedAgain(missing);
    }
    const lost = missing.map(({ shardId }) => shardId);
    throw new KinesisError(
      `${WHAT} of ${stream} as a worker has written these leases meanwhile: ${
        lost.join(", ")
      }. ` +
        "Stop all consumers of this checkpointer first; nothing was changed",
      { code: "LeasesChanged" },
    );
  }

  /** Takes leases. Resolves with those that a worker has written since they were listed. */
  async #take(leases: readonly Lease[]): Promise<Lease[]> {
    const { checkpointer, signal } = this.#settings;
    const lost: Lease[] = [];
    await inBatches(leases, WRITES_AT_ONCE, async (lease) => {
      const taken = await checkpointer.take(lease, this.#owner, { signal });
      if (taken) this.#taken.set(lease.shardId, taken);
      else lost.push(lease);
    });
    return lost;
  }

  async #listedAgain(leases: readonly Lease[]): Promise<Lease[]> {
    const { checkpointer, signal, stream } = this.#settings;
    const wanted = new Set(leases.map(({ shardId }) => shardId));
    const listed = await checkpointer.list(stream, { signal });
    return listed.filter(({ shardId }) => wanted.has(shardId));
  }

  /**
   * Waits until the workers whose leases were taken away have been refused a renewal. The leases
   * that this call holds expire after the double of that time.
   */
  async #untilNoticed(): Promise<void> {
    const { clock, failoverTimeMs, signal } = this.#settings;
    await delay(failoverTimeMs / 2, { clock, signal });
  }

  async #releaseAll(): Promise<void> {
    const { checkpointer } = this.#settings;
    // A lease that cannot be given back expires.
    const taken = [...this.#taken.values()];
    await inBatches(taken, WRITES_AT_ONCE, async (lease) => {
      await checkpointer.release(lease).catch(() => {});
    });
  }

  async #apply(change: PlannedReset): Promise<void> {
    const { checkpointer, signal } = this.#settings;
    const { shardId, next } = change;
    const lease = this.#taken.get(shardId);
    let isDone: boolean;
    // With force, a worker may have deleted the lease of an expired shard meanwhile.
    if (!lease && !next) isDone = true;
    else if (!lease) isDone = await checkpointer.create(next!, { signal });
    else if (next) isDone = await checkpointer.replace(lease, next, { signal });
    else isDone = await checkpointer.delete(lease, { signal });
    if (!isDone) {
      throw new Error(`A worker has written the lease of ${shardId}`);
    }
    this.#done.add(change);
    const left = this.#changes.length - this.#done.size;
    try {
      this.#onProgress?.(reportOf(change), left);
    } catch {
      // An error of a report must not leave the other shards as they were.
    }
  }

  #incomplete(cause: unknown): KinesisError {
    const left = this.#changes.filter((change) => !this.#done.has(change))
      .map(({ shardId }) => shardId);
    return new KinesisError(
      `${WHAT} of all shards of ${this.#settings.stream}: these are not reset: ${
        left.join(", ")
      }. ` +
        "Call it again before any consumer starts",
      { code: "ResetIncomplete", cause },
    );
  }
}

function reportOf(
  { shardId, action, before, after }: PlannedReset,
): ShardReset {
  return {
    shardId,
    action,
    ...(before && { before }),
    ...(after && { after }),
  };
}
