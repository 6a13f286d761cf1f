/**
 * Decodes received records, and applies the policy for those that cannot be decoded.
 *
 * @module
 */
import type { Unpacked } from "../processors/mod.ts";
import { notify } from "../_core/notify.ts";
import type { DecodeError } from "../errors.ts";
import type { QueueDecodeErrorEvent } from "../queue_hooks.ts";
import type { QueueApiRecord } from "../client/mod.ts";
import { kinesisRecordOf, queueNameOf } from "./api_record.ts";
import type { HeldRecord } from "./held_record.ts";
import type { ResolvedQueueOptions } from "./resolved_options.ts";
import { DeliveredQueueRecord, type QueueRecordSource } from "./record.ts";
import { returnDelaySeconds } from "./return_delay.ts";

/** What {@linkcode ReceivedValues} works with. */
export interface ReceivedValuesParts<T> {
  readonly options: Pick<
    ResolvedQueueOptions<T>,
    "queueARN" | "processor" | "onPoison" | "hooks"
  >;
  /** What is read. */
  readonly part: QueueDecodeErrorEvent["part"];
  /** Takes the values of a record, in order. */
  readonly onValues: (values: readonly DeliveredQueueRecord<T>[]) => void;
  /** The stream has to fail. */
  readonly onError: (error: unknown) => void;
}

/** Makes values of records. */
export class ReceivedValues<T> {
  readonly #parts: ReceivedValuesParts<T>;
  readonly #queueName: string;
  #undecodable = 0;
  #decoding = 0;

  /** Starts without values. */
  constructor(parts: ReceivedValuesParts<T>) {
    this.#parts = parts;
    this.#queueName = queueNameOf(parts.options.queueARN);
  }

  /** Values that could not be decoded. */
  get undecodable(): number {
    return this.#undecodable;
  }

  /** Records that are being decoded. */
  get decoding(): number {
    return this.#decoding;
  }

  /** Decodes a record. */
  add(raw: QueueApiRecord, held: HeldRecord): void {
    const { options: { processor }, onError } = this.#parts;
    try {
      const unpacked = processor.unpack(kinesisRecordOf(raw, this.#queueName));
      if (Array.isArray(unpacked)) return this.#handOut(unpacked, raw, held);
      this.#decoding++;
      unpacked.then((items) => {
        this.#decoding--;
        this.#handOut(items, raw, held);
      }).catch(onError);
    } catch (error) {
      onError(error);
    }
  }

  #handOut(
    items: readonly Unpacked<T>[],
    raw: QueueApiRecord,
    held: HeldRecord,
  ): void {
    held.open(items.length);
    const source: QueueRecordSource = {
      queueARN: this.#parts.options.queueARN,
      approximateArrivalTimestamp: raw.ApproximateArrivalTimestamp,
      firstReceiveTimestamp: raw.FirstReceiveTimestamp,
      held,
    };
    const bytes = Math.ceil(raw.Data.length / items.length);
    const values: DeliveredQueueRecord<T>[] = [];
    for (const item of items) {
      if (item.type === "value") {
        values.push(new DeliveredQueueRecord(item, source, bytes));
      } else this.#applyPolicy(item.error, held);
    }
    this.#parts.onValues(values);
  }

  #applyPolicy(error: DecodeError, held: HeldRecord): void {
    const { options: { onPoison }, onError } = this.#parts;
    this.#undecodable++;
    const settle = (decision: unknown) => {
      if (decision === "fail") {
        this.#report(error, held, decision);
        onError(error);
      } else if (decision === "return") {
        this.#report(error, held, decision);
        const { receiveCount } = held.received;
        const delaySeconds = returnDelaySeconds(receiveCount);
        held.settle({ type: "return", delaySeconds });
      } else if (typeof decision === "string" && decision !== "skip") {
        onError(unknownDecision(decision, error));
      } else {
        this.#report(error, held, "skip");
        held.settle({ type: "acknowledge" });
      }
    };
    if (typeof onPoison !== "function") return settle(onPoison);
    try {
      const result: unknown = onPoison(error);
      Promise.resolve(result).then(settle).catch(onError);
    } catch (cause) {
      onError(cause);
    }
  }

  #report(
    error: DecodeError,
    { received: { recordId, receiveCount } }: HeldRecord,
    decision: QueueDecodeErrorEvent["decision"],
  ): void {
    const { part, options: { hooks, queueARN } } = this.#parts;
    notify(hooks, "onQueueDecodeError", {
      queueARN,
      part,
      recordId,
      receiveCount,
      error,
      decision,
    });
  }
}

function unknownDecision(decision: string, cause: DecodeError): TypeError {
  return new TypeError(
    'Cannot read the queue as \'onPoison\' must return "return", "fail", "skip" or no text: it has ' +
      `returned ${JSON.stringify(decision)}`,
    { cause },
  );
}
