/**
 * The two parts of a queue, which have the same actions under other names: its records and its dead
 * letters.
 *
 * @module
 */
import type { CallOptions, KinesisClient } from "../client/mod.ts";
import { KinesisError } from "../errors.ts";
import type { EntriesAnswer, Entry } from "./entry_batcher.ts";

/**
 * The methods of a client that a {@linkcode QueueConsumer} calls. A {@linkcode KinesisClient} has
 * them, and so may an object that wraps or replaces one. Those for dead letters are required only
 * for these.
 */
export type QueueClient =
  & Pick<
    KinesisClient,
    | "receiveQueueRecords"
    | "acknowledgeQueueRecords"
    | "updateQueueRecordsVisibility"
  >
  & Partial<
    Pick<
      KinesisClient,
      | "receiveDeadLetterQueueRecords"
      | "acknowledgeDeadLetterQueueRecords"
      | "updateDeadLetterQueueRecordsVisibility"
      | "restoreDeadLetterQueueRecords"
    >
  >;

type Receive = KinesisClient["receiveQueueRecords"];

/** A request with entries. */
type SendEntries = (
  request: { QueueARN: string; Entries: Entry[] },
) => Promise<EntriesAnswer>;

/** Requests with entries are repeated by {@linkcode EntryBatcher}, which knows lost answers. */
const ONCE = { maxAttempts: 1 };

/** What is received: records of the queue, or its dead letters. */
export type QueuePartName = "records" | "dead-letters";

/** The actions on one part of a queue. */
export interface QueuePart {
  readonly name: QueuePartName;
  readonly receive: (
    request: Parameters<Receive>[0],
    options: CallOptions,
  ) => ReturnType<Receive>;
  readonly acknowledge: SendEntries;
  readonly changeVisibility: SendEntries;
  /** Puts dead letters back into the queue. */
  readonly restore: SendEntries;
}

/** The actions on the records of a queue. */
export function recordsPart(client: QueueClient): QueuePart {
  return {
    name: "records",
    receive: (request, options) => client.receiveQueueRecords(request, options),
    acknowledge: (request) => client.acknowledgeQueueRecords(request, ONCE),
    changeVisibility: (request) =>
      client.updateQueueRecordsVisibility(visibility(request), ONCE),
    restore: () =>
      Promise.reject(
        new KinesisError("Cannot restore a record that is no dead letter", {
          code: "NotDeadLetter",
        }),
      ),
  };
}

/**
 * The actions on the dead letters of a queue.
 *
 * @throws {TypeError} if the client has no methods for them
 */
export function deadLettersPart(client: QueueClient): QueuePart {
  const method = <N extends keyof QueueClient>(name: N) => {
    if (typeof client[name] === "function") return;
    throw new TypeError(
      `Cannot read dead letters as 'client' must have the method ${name}`,
    );
  };
  method("receiveDeadLetterQueueRecords");
  method("acknowledgeDeadLetterQueueRecords");
  method("updateDeadLetterQueueRecordsVisibility");
  method("restoreDeadLetterQueueRecords");
  return {
    name: "dead-letters",
    receive: (request, options) =>
      client.receiveDeadLetterQueueRecords!(request, options),
    acknowledge: (request) =>
      client.acknowledgeDeadLetterQueueRecords!(request, ONCE),
    changeVisibility: (request) =>
      client.updateDeadLetterQueueRecordsVisibility!(
        visibility(request),
        ONCE,
      ),
    restore: (request) => client.restoreDeadLetterQueueRecords!(request, ONCE),
  };
}

function visibility(
  { QueueARN, Entries }: { QueueARN: string; Entries: Entry[] },
) {
  return {
    QueueARN,
    Entries: Entries.map(({ ReceiptHandle, VisibilityTimeoutSeconds = 0 }) => ({
      ReceiptHandle,
      VisibilityTimeoutSeconds,
    })),
  };
}
