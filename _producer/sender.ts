/**
 * PutRecords requests.
 *
 * @module
 */
import { textOf } from "../_core/text_of.ts";
import { monotonicNow } from "../_core/clock.ts";
import { type Mutable, plainObjects } from "../_core/young_objects.ts";
import type {
  PutRecordsRequestEntry,
  PutRecordsResponse,
} from "../client/mod.ts";
import { KinesisError, ResponseError } from "../errors.ts";
import type { EncodedRecord } from "../records.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import {
  outcomesOfAnswer,
  outcomesOfFailure,
  type RecordOutcome,
} from "./outcomes.ts";
import type { Outgoing } from "./outgoing.ts";
import { needsNoKey } from "./keyless.ts";
import { RequestPause } from "./request_pause.ts";
import { StreamState } from "./stream_state.ts";
import type { ShardRoutes } from "./shard_routes.ts";
import type { Supervisor } from "./supervisor.ts";

/** What became of a request. */
export interface RequestResult {
  /** What became of each record, in the order of the batch. */
  readonly outcomes: readonly RecordOutcome[];
  /** When the request was sent, by the monotonic clock. */
  readonly startedAt: number;
  /** From the request to the answer, in milliseconds. */
  readonly durationMs: number;
  /** Why the whole request failed, if it did. */
  readonly error: unknown;
  /** Whether the service refuses records without a key, and the request had such records. */
  readonly wantsKeys: boolean;
}

/** The part of the options that does not depend on the type of the values. */
type SenderOptions = Pick<
  ResolvedProducerOptions<never>,
  "client" | "target" | "stream" | "clock" | "random"
>;

/** Codes of the refusal of a record without a partition key. */
const WANTS_KEYS = new Set([
  "InvalidArgumentException",
  "ValidationException",
  "SerializationException",
]);

const Entry = /* @__PURE__ */ plainObjects(
  function (
    this: Mutable<PutRecordsRequestEntry>,
    { data, partitionKey, explicitHashKey }: EncodedRecord,
  ) {
    this.Data = data;
    this.PartitionKey = partitionKey;
    this.ExplicitHashKey = explicitHashKey;
  },
);

/** Sends batches, and knows when requests have to pause. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #routes: Pick<ShardRoutes, "ignoresKeys">;
  readonly #signal: AbortSignal;
  readonly #state: StreamState;
  readonly #pause: RequestPause;

  /**
   * Sends nothing yet. Wakes the supervisor after each pause. `signal` ends all requests and waits.
   */
  constructor(
    options: SenderOptions,
    routes: Pick<ShardRoutes, "ignoresKeys">,
    supervisor: Pick<Supervisor, "wake">,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#routes = routes;
    this.#signal = signal;
    this.#state = new StreamState(options, signal);
    this.#pause = new RequestPause(options, supervisor, signal);
  }

  /** Whether requests must wait. */
  get isPaused(): boolean {
    return this.#pause.isPaused || this.#signal.aborted;
  }

  /**
   * Sends a batch in one request. Never rejects. Resolves with `undefined` if the signal aborted
   * before an answer came: then it is not known which records are stored.
   */
  async send<T>(
    batch: readonly Outgoing<T>[],
  ): Promise<RequestResult | undefined> {
    const { clock, stream } = this.#options;
    const { round } = this.#pause;
    const startedAt = monotonicNow(clock);
    const isKeyless = this.#routes.ignoresKeys &&
      batch.some(({ record }) => needsNoKey(record));
    let answer: PutRecordsResponse;
    try {
      answer = await this.#put(batch, isKeyless);
    } catch (cause) {
      const error = await this.#state.judge(cause);
      if (this.#signal.aborted) return undefined;
      const known = toKinesisError(error, stream);
      const wantsKeys = isKeyless && WANTS_KEYS.has(known.code);
      // The same records with keys are not refused.
      const isFatal = !wantsKeys && this.#pause.noteFailure(known, round);
      const outcomes = outcomesOfFailure(batch, known, isFatal);
      const durationMs = monotonicNow(clock) - startedAt;
      return { outcomes, startedAt, durationMs, error, wantsKeys };
    }
    this.#pause.noteAnswer();
    this.#state.noteThere();
    return {
      outcomes: outcomesOfAnswer(batch, answer, stream),
      startedAt,
      durationMs: monotonicNow(clock) - startedAt,
      error: undefined,
      wantsKeys: isKeyless &&
        answer.Records.some((one) => WANTS_KEYS.has(one?.ErrorCode ?? "")),
    };
  }

  async #put<T>(
    batch: readonly Outgoing<T>[],
    isKeyless: boolean,
  ): Promise<PutRecordsResponse> {
    const { client, target, stream } = this.#options;
    const answer = await client.putRecords({
      ...target,
      Records: batch.map(({ record }) =>
        isKeyless && needsNoKey(record)
          ? { Data: record.data }
          : new Entry(record)
      ),
    }, { signal: this.#signal, maxAttempts: 1 });
    if (answer.Records?.length === batch.length) return answer;
    throw new ResponseError(
      `Cannot tell what PutRecords stored in ${stream}: ${batch.length} records were sent, ` +
        `the answer has ${answer.Records?.length}`,
      { status: 200 },
    );
  }
}

function toKinesisError(error: unknown, stream: string): KinesisError {
  if (error instanceof KinesisError) return error;
  return new KinesisError(`Cannot PutRecords to ${stream}: ${textOf(error)}`, {
    code: "Unexpected",
    cause: error,
  });
}
