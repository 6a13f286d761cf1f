/**
 * Aggregates the values of tumbling windows.
 *
 * @see {@link https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html}
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import type { DecodeError } from "../errors.ts";
import type { DecodedRecord } from "../records.ts";
import {
  decodeEvent,
  type DecodeEventOptions,
  type EventFailure,
} from "./decode_event.ts";
import { Deadline } from "./_deadline.ts";
import type {
  KinesisWindowEvent,
  KinesisWindowResponse,
  LambdaContext,
} from "./event.ts";

/** The window of a call. */
export interface WindowContext {
  /** The beginning of the window. */
  readonly start: Date;
  /** The end of the window. */
  readonly end: Date;
  /** The shard. Windows are per shard. */
  readonly shardId: string;
  /** Whether the window ends early because its state has become too large. */
  readonly isTerminatedEarly: boolean;
  /** Aborts shortly before Lambda ends the call. */
  readonly signal: AbortSignal;
}

/** Options of {@linkcode kinesisWindowHandler}. */
export interface WindowHandlerOptions<T, S> extends DecodeEventOptions<T> {
  /** The state of a new window. */
  initialState: () => S;
  /**
   * Adds a value to the state: returns the new state, and leaves the old one as it is. The state is
   * JSON of at most 1 MB. If a value fails, Lambda sends its record again, with the state before it.
   */
  reduce: (
    state: S,
    record: DecodedRecord<T>,
    context: WindowContext,
  ) => S | PromiseLike<S>;
  /** Called at the end of a window, with its last state: store the result here. */
  onWindowEnd?: (state: S, context: WindowContext) => unknown;
  /** See `onPoison` of {@linkcode kinesisHandler}. @default {"fail"} */
  onPoison?: "fail" | "skip" | ((error: DecodeError) => unknown);
  /** Called for each value that has failed, see {@linkcode kinesisHandler}. */
  onFailure?: (failure: EventFailure<T>) => void;
  /** The time that is left for the answer, in milliseconds. @default {1000} */
  reserveMs?: number;
}

/** A function that Lambda calls with the records of tumbling windows. */
export type KinesisWindowHandler<S> = (
  event: KinesisWindowEvent,
  context?: LambdaContext,
) => Promise<KinesisWindowResponse<S>>;

/** The most bytes of a state, as JSON in UTF-8. */
const MAX_STATE_BYTES = 1024 * 1024;
const check = /* @__PURE__ */ new OptionCheck(
  "Cannot create a Lambda window handler",
);

/**
 * Makes the function that Lambda calls with tumbling windows (`TumblingWindowInSeconds` in the
 * mapping). The values of a shard are added one after another. The mapping must have
 * `FunctionResponseTypes: ["ReportBatchItemFailures"]`.
 *
 * @throws {TypeError} if an option is missing or has a wrong type
 */
export function kinesisWindowHandler<T, S>(
  options: WindowHandlerOptions<T, S>,
): KinesisWindowHandler<S> {
  check.object("options", options ?? null);
  check.methods("processor", options.processor ?? null, "unpack");
  check.type("initialState", options.initialState ?? null, "function");
  check.type("reduce", options.reduce ?? null, "function");
  check.type("onWindowEnd", options.onWindowEnd, "function");
  check.type("onFailure", options.onFailure, "function");
  const reserveMs = check.number("reserveMs", options.reserveMs, {
    default: 1000,
  });
  return async (event, lambda) => {
    const deadline = new Deadline(lambda, reserveMs);
    try {
      return await reduceEvent(event, options, deadline.signal);
    } finally {
      deadline.end();
    }
  };
}

async function reduceEvent<T, S>(
  event: KinesisWindowEvent,
  options: WindowHandlerOptions<T, S>,
  signal: AbortSignal,
): Promise<KinesisWindowResponse<S>> {
  const context = windowOf(event, signal);
  let state = isEmpty(event.state) ? options.initialState() : event.state as S;
  const failed = await reduceAll(event, options, state, context);
  state = failed.state;
  const ends = event.isFinalInvokeForWindow || event.isWindowTerminatedEarly;
  if (ends && failed.at === undefined) {
    await options.onWindowEnd?.(state, context);
  }
  checkSize(state);
  return {
    state,
    batchItemFailures: failed.at === undefined
      ? []
      : [{ itemIdentifier: failed.at }],
  };
}

/** Adds values until one fails. The state is that before the record of this value. */
async function reduceAll<T, S>(
  event: KinesisWindowEvent,
  options: WindowHandlerOptions<T, S>,
  initial: S,
  context: WindowContext,
): Promise<{ state: S; at?: string }> {
  let state = initial;
  let beforeRecord = initial;
  let current: string | undefined;
  for await (const item of decodeEvent(event, options)) {
    const { sequenceNumber, shardId } = item.type === "value"
      ? item.record
      : item;
    if (sequenceNumber !== current) {
      beforeRecord = state;
      current = sequenceNumber;
    }
    const record = item.type === "value" ? item.record : undefined;
    try {
      context.signal.throwIfAborted();
      if (record) state = await options.reduce(state, record, context);
      else if (item.type === "error") await settlePoison(item.error, options);
    } catch (error) {
      options.onFailure?.({
        ...{ error, shardId, sequenceNumber },
        ...(record && { record }),
      });
      return { state: beforeRecord, at: sequenceNumber };
    }
  }
  return { state };
}

async function settlePoison<T, S>(
  error: DecodeError,
  { onPoison = "fail" }: WindowHandlerOptions<T, S>,
): Promise<void> {
  const policy = typeof onPoison === "function"
    ? await onPoison(error)
    : onPoison;
  if (policy === "fail") throw error;
}

function windowOf(
  event: KinesisWindowEvent,
  signal: AbortSignal,
): WindowContext {
  const { window, shardId, isWindowTerminatedEarly: isTerminatedEarly } = event;
  if (window === undefined || shardId === undefined) {
    throw new TypeError(
      "Cannot process the event as it has no window: set TumblingWindowInSeconds in the mapping",
    );
  }
  return {
    start: new Date(window.start),
    end: new Date(window.end),
    shardId,
    isTerminatedEarly: isTerminatedEarly ?? false,
    signal,
  };
}

/** Lambda begins a window with an empty object. */
function isEmpty(state: unknown): boolean {
  return state === undefined || state === null ||
    typeof state === "object" && !Array.isArray(state) &&
      Object.keys(state).length === 0;
}

function checkSize(state: unknown): void {
  const text = JSON.stringify(state) ?? "";
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= MAX_STATE_BYTES) return;
  throw new RangeError(
    `Cannot answer with a state of ${bytes} bytes: Lambda takes ${MAX_STATE_BYTES} at most. ` +
      "Shorten the window, or keep less in the state",
  );
}
