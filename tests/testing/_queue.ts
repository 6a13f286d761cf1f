/**
 * A server with one on-demand stream and one queue, whose clock only the test moves.
 *
 * @module
 */
import {
  type CreateQueueOptions,
  type Fetch,
  KinesisServer,
  type KinesisServerOptions,
} from "../../testing/mod.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { type CallOptions, ok } from "./_call.ts";

/** A received record, as far as the tests look at it. */
export interface Received {
  readonly ReceiptHandle: string;
  readonly RecordId: string;
  readonly PartitionKey?: string;
  readonly Data: string;
  readonly ReceiveCount: number;
}

/** Calls the actions of one queue. */
export class QueueCaller {
  readonly fetch: Fetch;
  readonly arn: string;
  readonly #options: CallOptions;

  constructor(fetch: Fetch, arn: string, options: CallOptions = {}) {
    this.fetch = fetch;
    this.arn = arn;
    this.#options = options;
  }

  /** Receives records, and does not wait unless `input` says so. */
  async receive(
    input: Record<string, unknown> = {},
    action = "ReceiveQueueRecords",
  ): Promise<Received[]> {
    const answer = await this.call(action, input);
    return answer.QueueRecords;
  }

  receiveDead(input: Record<string, unknown> = {}): Promise<Received[]> {
    return this.receive(input, "ReceiveDeadLetterQueueRecords");
  }

  /** Calls an action with entries: handles, or handles with a visibility timeout in seconds. */
  async entries(
    action: string,
    handles: readonly string[],
    seconds?: number,
  ): Promise<{ ok: string[]; failed: string[] }> {
    const { Successful, Failed } = await this.call(action, {
      Entries: handles.map((handle) => ({
        ReceiptHandle: handle,
        VisibilityTimeoutSeconds: seconds,
      })),
    });
    return {
      ok: Successful.map((entry: Received) => entry.ReceiptHandle),
      failed: Failed.map((entry: { ErrorCode: string }) => entry.ErrorCode),
    };
  }

  // deno-lint-ignore no-explicit-any -- tests look at answers of all shapes
  call(action: string, input: Record<string, unknown>): Promise<any> {
    const body = { QueueARN: this.arn, ...input };
    return ok(this.fetch, action, body, this.#options);
  }
}

/** Makes the server. The queue starts at TRIM_HORIZON. */
export function withQueue(
  options: CreateQueueOptions = {},
  server: KinesisServerOptions = {},
  protocol: "json" | "cbor" = "json",
) {
  const kinesis = new KinesisServer({
    clock: new FakeClock(),
    limits: false,
    ...server,
  });
  kinesis.createStream("s", { mode: "ON_DEMAND" });
  const { queueARN } = kinesis.createQueue("s", {
    startingPosition: "TRIM_HORIZON",
    ...options,
  });
  const { fetch } = kinesis;
  const queue = new QueueCaller(fetch, queueARN, { protocol });
  const put = (...values: string[]) =>
    ok(fetch, "PutRecords", {
      StreamName: "s",
      Records: values.map((value) => ({
        PartitionKey: value,
        Data: btoa(value),
      })),
    });
  /** Receives without waiting for records: the wait ends at once on the clock of the server. */
  const receiveNow = async (
    input: Record<string, unknown> = {},
    dead = false,
  ) => {
    const { visible, deadLetters } = kinesis.queue(queueARN);
    const isEmpty = dead
      ? deadLetters.every((record) => record.visibleAt)
      : visible.length === 0;
    if (isEmpty) return [];
    return await (dead ? queue.receiveDead(input) : queue.receive(input));
  };
  return { server: kinesis, fetch, queue, arn: queueARN, put, receiveNow };
}

/** The keys of records, sorted. */
export function keysOf(
  records: readonly { readonly PartitionKey?: string }[],
): string[] {
  return records.map((record) => record.PartitionKey ?? "").sort();
}
