/**
 * Calls a function for each value of an event.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import type { DecodeError } from "../errors.ts";
import type { DecodedRecord } from "../records.ts";
import {
  type DecodedItem,
  decodeEvent,
  type DecodeEventOptions,
  type EventFailure,
} from "./decode_event.ts";
import { Deadline } from "./_deadline.ts";
import type {
  KinesisStreamBatchResponse,
  KinesisStreamEvent,
  LambdaContext,
} from "./event.ts";

/** What a handler gets beside the value. */
export interface LambdaHandlerContext {
  /** Aborts shortly before Lambda ends the call. Pass it on: `fetch(url, { signal })`. */
  readonly signal: AbortSignal;
}

/** Options of {@linkcode kinesisHandler}. */
export interface KinesisHandlerOptions<T> extends DecodeEventOptions<T> {
  /**
   * Processes a value. It has failed if it throws, or if the promise that it returns rejects. Other
   * results are ignored.
   */
  handler: (record: DecodedRecord<T>, context: LambdaHandlerContext) => unknown;
  /** Most calls of the handler at a time. @default {16} */
  concurrency?: number;
  /**
   * The values that are processed one after another: those of a `"shard"`, those of a partition
   * `"key"`, or `"none"`. With `"shard"` and `"key"` no call starts after a failure, because Lambda
   * sends everything from that record on again. With `"none"` all values are tried, and all failed
   * records are in the answer. @default {"key"}
   */
  ordering?: "shard" | "key" | "none";
  /**
   * What happens to a value that cannot be decoded: `"fail"` counts it as failed, `"skip"` drops it,
   * and a function is called with the error; the value counts as processed when the promise that it
   * returns has fulfilled, unless the result is `"fail"`. @default {"fail"}
   */
  onPoison?: "fail" | "skip" | ((error: DecodeError) => unknown);
  /**
   * Called for each value that has failed. The answer to Lambda has no reasons, so without it they
   * are lost: `onFailure: ({ error }) => console.error(error)`.
   */
  onFailure?: (failure: EventFailure<T>) => void;
  /**
   * How failed records reach Lambda. `"report"` answers with them, and needs
   * `FunctionResponseTypes: ["ReportBatchItemFailures"]` in the mapping: without it, Lambda ignores
   * the answer and failed records are lost. `"throw"` throws an error, and Lambda sends the whole
   * batch again. @default {"report"}
   */
  failures?: "report" | "throw";
  /**
   * The time that is left for the answer, in milliseconds. When the call has no more time than this,
   * no value is started, the signal of the handlers aborts, and the records that are not processed
   * count as failed. @default {1000}
   */
  reserveMs?: number;
}

/** A function that Lambda calls. */
export type KinesisHandler = (
  event: KinesisStreamEvent,
  context?: LambdaContext,
) => Promise<KinesisStreamBatchResponse>;

const check = /* @__PURE__ */ new OptionCheck("Cannot create a Lambda handler");

/**
 * Makes the function that Lambda calls with the records of a Kinesis stream.
 *
 * @throws {TypeError} if an option is missing or has a wrong type
 * @throws {RangeError} if a number is out of its range
 */
export function kinesisHandler<T>(
  options: KinesisHandlerOptions<T>,
): KinesisHandler {
  const settings = resolve(options);
  return (event, context) => run(event, context, settings);
}

/**
 * Processes one event: what the function of {@linkcode kinesisHandler} does.
 *
 * @throws {TypeError} if an option has a wrong type, or it is not an event of a Kinesis stream
 * @throws {RangeError} if a number is out of its range
 */
export async function processEvent<T>(
  event: KinesisStreamEvent,
  context: LambdaContext | undefined,
  options: KinesisHandlerOptions<T>,
): Promise<KinesisStreamBatchResponse> {
  return await run(event, context, resolve(options));
}

type Settings<T> =
  & Required<Omit<KinesisHandlerOptions<T>, "onFailure" | "strays">>
  & Pick<KinesisHandlerOptions<T>, "onFailure" | "strays">;

function resolve<T>(options: KinesisHandlerOptions<T>): Settings<T> {
  check.object("options", options ?? null);
  const { onPoison = "fail" } = options;
  if (typeof onPoison !== "function") {
    check.choice("onPoison", onPoison, ["fail", "skip"], undefined);
  }
  return {
    processor: check.methods("processor", options.processor ?? null, "unpack"),
    handler: check.type("handler", options.handler ?? null, "function"),
    strays: check.type("strays", options.strays, "function"),
    onPoison,
    onFailure: check.type("onFailure", options.onFailure, "function"),
    concurrency: check.number("concurrency", options.concurrency, {
      ...{ default: 16, least: 1, integer: true },
    }),
    ordering: check.choice(
      "ordering",
      options.ordering,
      ["shard", "key", "none"],
      "key",
    ),
    failures: check.choice(
      "failures",
      options.failures,
      ["report", "throw"],
      "report",
    ),
    reserveMs: check.number("reserveMs", options.reserveMs, { default: 1000 }),
  };
}

/** An item and whether it is processed. */
interface Entry<T> {
  readonly item: DecodedItem<T>;
  readonly shardId: string;
  readonly sequenceNumber: string;
  isDone: boolean;
}

async function run<T>(
  event: KinesisStreamEvent,
  context: LambdaContext | undefined,
  settings: Settings<T>,
): Promise<KinesisStreamBatchResponse> {
  const deadline = new Deadline(context, settings.reserveMs);
  try {
    const entries: Entry<T>[] = [];
    for await (const item of decodeEvent(event, settings)) {
      const { shardId, sequenceNumber } = item.type === "value"
        ? item.record
        : item;
      entries.push({ item, shardId, sequenceNumber, isDone: false });
    }
    const error = await new Run(settings, deadline).process(entries);
    const failed = failuresIn(entries, settings.ordering);
    if (failed.length > 0 && settings.failures === "throw") {
      throw new Error(
        `Cannot process ${failed.length} of ${event.Records.length} records: the first one is ${
          failed[0]!.itemIdentifier
        }`,
        { cause: error },
      );
    }
    return { batchItemFailures: failed };
  } finally {
    deadline.end();
  }
}

/** Processes the values of one event. */
class Run<T> {
  readonly #settings: Settings<T>;
  readonly #deadline: Deadline;
  /** The values of each key. The first one of a list may start; its key is in no other list. */
  readonly #ready: Entry<T>[][] = [];
  /** Shards in which a value has failed. */
  readonly #stopped = new Set<string>();
  #firstError: unknown;

  constructor(settings: Settings<T>, deadline: Deadline) {
    this.#settings = settings;
    this.#deadline = deadline;
  }

  /** Resolves with the first error, when no call is left or there is no more time. */
  async process(entries: readonly Entry<T>[]): Promise<unknown> {
    const byKey = new Map<unknown, Entry<T>[]>();
    for (const entry of entries) {
      const key = this.#keyOf(entry);
      const list = byKey.get(key);
      if (list) list.push(entry);
      else {
        const first = [entry];
        byKey.set(key, first);
        this.#ready.push(first);
      }
    }
    const workers = Array.from(
      { length: Math.min(this.#settings.concurrency, this.#ready.length) },
      () => this.#work(),
    );
    await Promise.race([Promise.all(workers), this.#deadline.over]);
    return this.#firstError;
  }

  #keyOf(entry: Entry<T>): unknown {
    const { ordering } = this.#settings;
    const { item, shardId } = entry;
    if (ordering === "none") return entry;
    return ordering === "key" && item.type === "value"
      ? `${shardId} ${item.record.partitionKey}`
      : shardId;
  }

  /** Takes the keys in turns. While a worker has a list, no other worker sees its key. */
  async #work(): Promise<void> {
    for (let list = this.#ready.shift(); list; list = this.#ready.shift()) {
      await this.#attempt(list.shift()!);
      if (list.length > 0) this.#ready.push(list);
    }
  }

  async #attempt(entry: Entry<T>): Promise<void> {
    const { ordering } = this.#settings;
    const isStopped = this.#deadline.signal.aborted ||
      ordering !== "none" && this.#stopped.has(entry.shardId);
    if (isStopped) return;
    try {
      await this.#call(entry.item);
      entry.isDone = true;
    } catch (error) {
      this.#stopped.add(entry.shardId);
      this.#firstError ??= error;
      this.#report(entry, error);
    }
  }

  async #call(item: DecodedItem<T>): Promise<void> {
    const { handler, onPoison } = this.#settings;
    if (item.type === "value") {
      await handler(item.record, { signal: this.#deadline.signal });
      return;
    }
    const policy = typeof onPoison === "function"
      ? await onPoison(item.error)
      : onPoison;
    if (policy === "fail") throw item.error;
  }

  #report({ item, shardId, sequenceNumber }: Entry<T>, error: unknown): void {
    const record = item.type === "value" ? item.record : undefined;
    try {
      this.#settings.onFailure?.({
        ...{ error, shardId, sequenceNumber },
        ...(record && { record }),
      });
    } catch {
      // A logger that fails must not hide which records have failed.
    }
  }
}

/** The records to answer: with an order, the first one of each shard that is not processed. */
function failuresIn<T>(
  entries: readonly Entry<T>[],
  ordering: "shard" | "key" | "none",
): { itemIdentifier: string }[] {
  const failed = new Map<string, string>();
  for (const { isDone, shardId, sequenceNumber } of entries) {
    if (isDone) continue;
    const key = ordering === "none" ? sequenceNumber : shardId;
    if (!failed.has(key)) failed.set(key, sequenceNumber);
  }
  return [...failed.values()].map((itemIdentifier) => ({ itemIdentifier }));
}
