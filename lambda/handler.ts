/**
 * Calls a function for each value of an event.
 *
 * @module
 */
import { Batch, type Place } from "./_batch.ts";
import { Deadline } from "./_deadline.ts";
import { recordsOf } from "./decode_event.ts";
import type {
  KinesisStreamBatchResponse,
  KinesisStreamEvent,
  KinesisWindowEvent,
  LambdaContext,
} from "./event.ts";
import {
  type HandlerSettings,
  type KinesisHandlerOptions,
  resolveOptions,
} from "./handler_options.ts";

/** A function that Lambda calls. */
export type KinesisHandler = (
  event: KinesisStreamEvent,
  context?: LambdaContext,
) => Promise<KinesisStreamBatchResponse>;

/**
 * Makes the function that Lambda calls with the records of a Kinesis stream.
 *
 * @throws {TypeError} if an option is missing or has a wrong type
 * @throws {RangeError} if a number is out of its range
 */
export function kinesisHandler<T>(
  options: KinesisHandlerOptions<T>,
): KinesisHandler {
  const settings = resolveOptions(options);
  return (event, context) => run(event, context, settings);
}

/**
 * Processes one event: what the function of {@linkcode kinesisHandler} does.
 *
 * @throws {TypeError} if an option has a wrong type, it is not an event of a Kinesis stream, or it
 * has a window
 * @throws {RangeError} if a number is out of its range
 * @throws {Error} with `failures: "throw"`, if a value is not processed
 */
export async function processEvent<T>(
  event: KinesisStreamEvent,
  context: LambdaContext | undefined,
  options: KinesisHandlerOptions<T>,
): Promise<KinesisStreamBatchResponse> {
  return await run(event, context, resolveOptions(options));
}

async function run<T>(
  event: KinesisStreamEvent,
  context: LambdaContext | undefined,
  settings: HandlerSettings<T>,
): Promise<KinesisStreamBatchResponse> {
  // Checked first: if there is no time to decode the event, the answer names its records.
  recordsOf(event);
  if ((event as KinesisWindowEvent).window) {
    throw new TypeError(
      "Cannot process the event as it has a window: use kinesisWindowHandler",
    );
  }
  const deadline = new Deadline(context, settings.reserveMs);
  try {
    const batch = new Batch(settings, deadline);
    const left = await batch.process(event);
    const failed = failuresIn(left, settings.ordering);
    if (failed.length > 0 && settings.failures === "throw") {
      throw new Error(
        `Cannot process all records: the first failure is ${
          failed[0]!.itemIdentifier
        }`,
        { cause: batch.firstError },
      );
    }
    return { batchItemFailures: failed };
  } finally {
    deadline.end();
  }
}

/** The records to answer: with an order, the first one of each shard that is not processed. */
function failuresIn(
  unprocessed: readonly Place[],
  ordering: "shard" | "key" | "none",
): { itemIdentifier: string }[] {
  const failed = new Map<string, string>();
  for (const { shardId, sequenceNumber } of unprocessed) {
    const key = ordering === "none" ? sequenceNumber : shardId;
    if (!failed.has(key)) failed.set(key, sequenceNumber);
  }
  return Array.from(failed.values(), (itemIdentifier) => ({ itemIdentifier }));
}
