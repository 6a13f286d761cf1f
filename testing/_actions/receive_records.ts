/**
 * The common part of ReceiveQueueRecords and ReceiveDeadLetterQueueRecords.
 *
 * @module
 */
import type { Queue } from "../_state/queue.ts";
import type { QueueEntry } from "../_state/queue_entry.ts";
import type { LaneName } from "../_state/queue_records.ts";
import {
  type Payload,
  payloadBytes,
  payloadText,
} from "../_state/record_log.ts";
import type { LargeOutput } from "../_wire/codec.ts";
import { DUPLICATES_HEADER } from "../_wire/duplicates_header.ts";
import { queueArn } from "../_wire/fields.ts";
import { integer, required } from "../_wire/shape.ts";
import type { TokenCodec } from "../_wire/tokens.ts";
import { type Action, action } from "./action.ts";
import { poll } from "./poll.ts";
import { visibilityTimeout } from "./queue_attributes.ts";
import { writeReceipt } from "./receipt.ts";

/** The most records of one answer, and the default. */
const MAX_RECEIVE = 10;
/** The default of WaitTimeSeconds. */
const DEFAULT_WAIT_SECONDS = 9;

/** Makes the action that receives records of one part of a queue. */
export function receiveAction(lane: LaneName): Action {
  return action({
    QueueARN: required(queueArn),
    Limit: integer({ min: 1, max: MAX_RECEIVE }),
    WaitTimeSeconds: integer({ min: 1, max: 20 }),
    VisibilityTimeoutSeconds: visibilityTimeout,
  }, async (input, { account, tokens, disconnect, headers }) => {
    const queue = account.queue(input.QueueARN);
    const waitSeconds = input.WaitTimeSeconds ?? DEFAULT_WAIT_SECONDS;
    const duplicates = Number(headers.get(DUPLICATES_HEADER)) || 0;
    const receive = () => {
      const seconds = input.VisibilityTimeoutSeconds ??
        queue.settings.visibilityTimeoutSeconds;
      return queue.records.receive(lane, {
        limit: input.Limit ?? MAX_RECEIVE,
        timeoutMs: seconds * 1_000,
        duplicates,
      }, account.now);
    };
    const answer = await poll({
      account,
      queue,
      signal: disconnect,
      until: account.now + waitSeconds * 1_000,
    }, () => {
      const { entries, duplicates } = receive();
      if (entries.length === 0) return undefined;
      if (duplicates > 0) queue.notify();
      // Described now: a later delivery changes the entries.
      const records = entries.map((entry) =>
        describeEntry(entry, lane, queue, tokens)
      );
      return new ReceiveOutput(records, duplicates);
    });
    return answer ?? new ReceiveOutput([], 0);
  });
}

/** A record in the API's shape. The data is as it is stored, the times are in milliseconds. */
interface ReceivedRecord {
  readonly ReceiptHandle: string;
  readonly RecordId: string;
  readonly PartitionKey: string | undefined;
  readonly Data: Payload;
  readonly ApproximateArrivalTimestamp: number;
  readonly FirstReceiveTimestamp: number;
  readonly ReceiveCount: number;
}

function describeEntry(
  entry: QueueEntry,
  lane: LaneName,
  queue: Queue,
  tokens: TokenCodec,
): ReceivedRecord {
  const { id, record, deliveries } = entry;
  return {
    ReceiptHandle: writeReceipt(tokens, queue, {
      lane,
      id,
      delivery: deliveries,
    }),
    RecordId: entry.recordId(queue.stream),
    PartitionKey: record.key,
    Data: record.data,
    ApproximateArrivalTimestamp: record.time,
    FirstReceiveTimestamp: entry.firstReceivedAt!,
    ReceiveCount: entry.receiveCount,
  };
}

/** The answer. Writes its JSON without decoding the data. */
class ReceiveOutput implements LargeOutput {
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly #records: readonly ReceivedRecord[];

  constructor(records: readonly ReceivedRecord[], duplicates: number) {
    this.#records = records;
    if (duplicates > 0) {
      this.headers = { [DUPLICATES_HEADER]: String(duplicates) };
    }
  }

  get records(): number {
    return this.#records.length;
  }

  json(): string {
    return JSON.stringify(this.#with(payloadText, (time) => time / 1_000));
  }

  value(): Record<string, unknown> {
    return this.#with(payloadBytes, (time) => new Date(time));
  }

  #with(
    data: (payload: Payload) => unknown,
    time: (ms: number) => unknown,
  ): Record<string, unknown> {
    return {
      QueueRecords: this.#records.map((record) => ({
        ...record,
        Data: data(record.Data),
        ApproximateArrivalTimestamp: time(record.ApproximateArrivalTimestamp),
        FirstReceiveTimestamp: time(record.FirstReceiveTimestamp),
      })),
    };
  }
}
