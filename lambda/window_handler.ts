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
  checkDecoding,
  type DecodedItem,
  decodeEvent,
  type DecodeEventOptions,
  type EventFailure,
  locate,
  recordsOf,
} from "./decode_event.ts";
import { Deadline } from "./_deadline.ts";
import type {
  KinesisWindowEvent,
  KinesisWindowResponse,
  LambdaContext,
} from "./event.ts";
import { checkPolicy, report, settlePoison } from "./_failures.ts";
import { checkState } from "./_state.ts";

/** The window of a call. */
export interface WindowContext {
  /** The beginning of the window. */
  readonly start: Date;
  /** The end of the window. */
  readonly end: Date;
  /** The shard. Windows are per shard. */
  readonly shardId: string;
  /**
   * Whether the window ends early because its state has become larger than 1 MB. Lambda goes on with
   * an empty state in the same window, which ends once more.
   */
  readonly isTerminatedEarly: boolean;
  /** Aborts shortly before Lambda ends the call. */
  readonly signal: AbortSignal;
}

/** Options of {@linkcode kinesisWindowHandler}. */
export interface WindowHandlerOptions<T, S> extends DecodeEventOptions<T> {
  /** The state of a new window. Lambda begins a window with `{}`, which counts as no state. */
  initialState: () => S;
  /**
   * Adds a value to the state: returns the new state, and leaves the old one as it is. If a value
   * fails, Lambda sends its record again, with the state before it. The state must be JSON: texts,
   * finite numbers, booleans, `null`, arrays and plain objects. If it is larger than 1 MB, Lambda
   * ends the window early.
   */
  reduce: (
    state: S,
    record: DecodedRecord<T>,
    context: WindowContext,
  ) => S | PromiseLike<S>;
  /**
   * Called at the end of a window, with its last state: store the result here. If it throws or
   * rejects, or has not ended in time, the call fails and Lambda makes it again.
   */
  onWindowEnd?: (state: S, context: WindowContext) => unknown;
  /**
   * See `onPoison` of {@linkcode kinesisHandler}.
   * @default {"fail"}
   */
  onPoison?: "fail" | "skip" | ((error: DecodeError) => unknown);
  /** Called for each value that has failed, see {@linkcode kinesisHandler}. */
  onFailure?: (failure: EventFailure<T>) => unknown;
  /**
   * See `reserveMs` of {@linkcode kinesisHandler}, in milliseconds.
   * @default {1000}
   */
  reserveMs?: number;
}

/** A function that Lambda calls with the records of tumbling windows. */
export type KinesisWindowHandler<S> = (
  event: KinesisWindowEvent,
  context?: LambdaContext,
) => Promise<KinesisWindowResponse<S>>;

const check = /* @__PURE__ */ new OptionCheck(
  "Cannot create a Lambda window handler",
);

/**
 * Makes the function that Lambda calls with tumbling windows (`TumblingWindowInSeconds` in the
 * mapping). The values of a shard are added one after another. The mapping must have
 * `FunctionResponseTypes: ["ReportBatchItemFailures"]`.
 *
 * The function throws a `TypeError` for an event without a window, and for a state that is not JSON,
 * which would come back in another form. It throws what `onWindowEnd` throws.
 *
 * @throws {TypeError} if an option is missing or has a wrong type
 * @throws {RangeError} if `reserveMs` is out of its range
 */
export function kinesisWindowHandler<T, S>(
  options: WindowHandlerOptions<T, S>,
): KinesisWindowHandler<S> {
  const settings = resolve(options);
  return async (event, lambda) => {
    const deadline = new Deadline(lambda, settings.reserveMs);
    try {
      return await answer(event, settings, deadline);
    } finally {
      deadline.end();
    }
  };
}

type Settings<T, S> =
  & Required<
    Pick<
      WindowHandlerOptions<T, S>,
      "processor" | "initialState" | "reduce" | "onPoison" | "reserveMs"
    >
  >
  & Pick<WindowHandlerOptions<T, S>, "strays" | "onWindowEnd" | "onFailure">;

function resolve<T, S>(options: WindowHandlerOptions<T, S>): Settings<T, S> {
  const settings = {
    ...checkDecoding(check, options),
    initialState: check.type(
      "initialState",
      options.initialState ?? null,
      "function",
    ),
    reduce: check.type("reduce", options.reduce ?? null, "function"),
    onWindowEnd: check.type("onWindowEnd", options.onWindowEnd, "function"),
    onPoison: checkPolicy(check, options.onPoison),
    onFailure: check.type("onFailure", options.onFailure, "function"),
    reserveMs: check.number("reserveMs", options.reserveMs, { default: 1000 }),
  };
  // All other options are probably misspelled.
  check.object("options", options, Object.keys(settings));
  return settings;
}

async function answer<T, S>(
  event: KinesisWindowEvent,
  settings: Settings<T, S>,
  deadline: Deadline,
): Promise<KinesisWindowResponse<S>> {
  const context = windowOf(event, deadline.signal);
  const ends = event.isFinalInvokeForWindow || event.isWindowTerminatedEarly;
  const fold = new Fold(event, settings, deadline, context);
  if (!ends || event.Records) await fold.run();
  const { state, failedAt } = fold;
  checkState(state);
  if (failedAt !== undefined) {
    return { state, batchItemFailures: [{ itemIdentifier: failedAt }] };
  }
  if (ends) await endWindow(state, settings, deadline, context);
  return { state, batchItemFailures: [] };
}

async function endWindow<T, S>(
  state: S,
  { onWindowEnd }: Settings<T, S>,
  deadline: Deadline,
  context: WindowContext,
): Promise<void> {
  if (!onWindowEnd) return;
  const end = async () => await onWindowEnd(state, context);
  if (!deadline.isLate && await deadline.isInTime(end())) return;
  throw new Error(
    "Cannot end the window in the time of the function: 'onWindowEnd' has not ended",
    { cause: deadline.signal.reason },
  );
}

/** Adds the values of an event to a state, until one fails. */
class Fold<T, S> {
  /** The state before the record in which a value has failed, or with all values. */
  state: S;
  /** The record in which a value has failed, or that was not reached in time. */
  failedAt: string | undefined;
  readonly #event: KinesisWindowEvent;
  readonly #settings: Settings<T, S>;
  readonly #deadline: Deadline;
  readonly #context: WindowContext;
  /** The item whose turn it is. */
  #current: DecodedItem<T> | undefined;

  constructor(
    event: KinesisWindowEvent,
    settings: Settings<T, S>,
    deadline: Deadline,
    context: WindowContext,
  ) {
    this.#event = event;
    this.#settings = settings;
    this.#deadline = deadline;
    this.#context = context;
    this.state = isEmpty(event.state)
      ? settings.initialState()
      : event.state as S;
  }

  /** Resolves when all values are added, one has failed, or there is no more time. */
  async run(): Promise<void> {
    const records = recordsOf(this.#event);
    if (await this.#deadline.isInTime(this.#addAll())) return;
    if (this.failedAt !== undefined || !records[0]) return;
    const late = this.#current ?? locate(records[0]);
    this.failedAt = late.sequenceNumber;
    await this.#deadline.settle(this.#report(late, this.#signal.reason));
  }

  get #signal(): AbortSignal {
    return this.#deadline.signal;
  }

  async #addAll(): Promise<void> {
    // With the values of the current record, unlike `this.state`.
    let state = this.state;
    for await (const item of decodeEvent(this.#event, this.#settings)) {
      // The answer was given while this item was decoded, or the one before was processed.
      if (this.failedAt !== undefined) return;
      if (item.sequenceNumber !== this.#current?.sequenceNumber) {
        this.state = state;
      }
      this.#current = item;
      try {
        if (this.#deadline.isLate) throw this.#signal.reason;
        const next = await this.#add(item, state);
        // `reduce` may have returned because of the signal, without having added the value.
        this.#signal.throwIfAborted();
        state = next;
      } catch (error) {
        if (this.failedAt !== undefined) return;
        this.failedAt = item.sequenceNumber;
        return await this.#report(item, error);
      }
    }
    this.state = state;
  }

  async #add(item: DecodedItem<T>, state: S): Promise<S> {
    const { reduce, onPoison } = this.#settings;
    if (item.type === "value") {
      return await reduce(state, item.record, this.#context);
    }
    await settlePoison(item.error, onPoison);
    return state;
  }

  #report(
    item: Parameters<typeof report<T>>[1],
    error: unknown,
  ): Promise<void> {
    return report(this.#settings.onFailure, item, error);
  }
}

function windowOf(
  event: KinesisWindowEvent,
  signal: AbortSignal,
): WindowContext {
  const { window, shardId, isWindowTerminatedEarly } = event ?? {};
  if (!window || !shardId) {
    throw new TypeError(
      "Cannot process the event as it has no window: set TumblingWindowInSeconds in the mapping",
    );
  }
  return {
    start: new Date(window.start),
    end: new Date(window.end),
    shardId,
    isTerminatedEarly: isWindowTerminatedEarly ?? false,
    signal,
  };
}

/** Lambda begins a window with an empty object. */
function isEmpty(state: unknown): boolean {
  return state === undefined || state === null ||
    typeof state === "object" && !Array.isArray(state) &&
      Object.keys(state).length === 0;
}
