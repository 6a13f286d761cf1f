/**
 * An in-memory queue, a fake clock, and consumers of the queue on this clock.
 *
 * @module
 */
import { jsonCodec } from "../../_aws/json_codec.ts";
import type { QueueHooks } from "../../queue_hooks.ts";
import { json } from "../../processors/mod.ts";
import {
  type QueueClient,
  QueueConsumer,
  type QueueConsumerOptions,
} from "../../queue.ts";
import {
  type CreateQueueOptions,
  type FaultRule,
  KinesisServer,
  type QueueState,
  withFaults,
} from "../../testing/mod.ts";
import { passTime, runUntilSettled } from "../_services/drive.ts";
import { isWorking } from "../_services/real_work.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { answered } from "../producer/_stub_kinesis.ts";

/** Options of a {@linkcode QueueWorld}. */
export interface QueueWorldOptions {
  readonly queue?: CreateQueueOptions;
  readonly rules?: FaultRule[];
  readonly seed?: number;
}

const encoder = new TextEncoder();

/** A queue and its clock. */
export class QueueWorld {
  readonly clock = new FakeClock();
  readonly server: KinesisServer;
  readonly arn: string;
  readonly client: QueueClient;
  readonly lost: string[] = [];
  readonly errors: unknown[] = [];
  /** The requests, as action and number of entries. */
  readonly requests: [action: string, entries: number][] = [];
  /** The receive requests under way, and the most of them at a time. */
  polls = 0;
  mostPolls = 0;

  constructor({ queue, rules = [], seed }: QueueWorldOptions = {}) {
    this.server = new KinesisServer({ clock: this.clock, limits: false });
    this.server.createStream("s", { mode: "ON_DEMAND" });
    this.arn = this.server.createQueue("s", {
      startingPosition: "TRIM_HORIZON",
      ...queue,
    }).queueARN;
    const fetch = withFaults(this.server.fetch, {
      rules,
      seed,
      clock: this.clock,
    });
    // Without signatures, which take real time, so that the clock alone decides what happens when.
    const call = async (
      action: string,
      request: object,
      signal?: AbortSignal,
    ) => {
      const { Entries } = request as { Entries?: unknown[] };
      this.requests.push([action, Entries?.length ?? 0]);
      const response = await fetch("http://kinesis.test/", {
        method: "POST",
        headers: {
          "content-type": jsonCodec.contentType,
          "x-amz-target": `Kinesis_20131202.${action}`,
        },
        body: jsonCodec.encode(action, request),
        signal,
      });
      const body = new Uint8Array(await response.arrayBuffer());
      if (response.ok) return jsonCodec.decode(action, body);
      const { type = "Unknown" } = jsonCodec.decodeError(body);
      throw answered(
        type,
        action,
        response.status >= 500 || /Thrott/.test(type),
      );
    };
    const receive = async (
      action: string,
      request: object,
      signal?: AbortSignal,
    ) => {
      this.polls++;
      this.mostPolls = Math.max(this.mostPolls, this.polls);
      try {
        return await call(action, request, signal);
      } finally {
        this.polls--;
      }
    };
    const entries = (action: string) => (request: object) =>
      call(action, request) as never;
    const polls = (action: string) =>
      ((request: object, options?: { signal?: AbortSignal }) =>
        receive(action, request, options?.signal)) as never;
    this.client = {
      receiveQueueRecords: polls("ReceiveQueueRecords"),
      acknowledgeQueueRecords: entries("AcknowledgeQueueRecords"),
      updateQueueRecordsVisibility: entries("UpdateQueueRecordsVisibility"),
      receiveDeadLetterQueueRecords: polls("ReceiveDeadLetterQueueRecords"),
      acknowledgeDeadLetterQueueRecords: entries(
        "AcknowledgeDeadLetterQueueRecords",
      ),
      updateDeadLetterQueueRecordsVisibility: entries(
        "UpdateDeadLetterQueueRecordsVisibility",
      ),
      restoreDeadLetterQueueRecords: entries("RestoreDeadLetterQueueRecords"),
    };
  }

  /** A consumer of the queue. */
  consumer<T = number>(
    options: Partial<QueueConsumerOptions<T>> = {},
  ): QueueConsumer<T> {
    return new QueueConsumer<T>({
      client: this.client,
      queueARN: this.arn,
      processor: json<T>(),
      clock: this.clock,
      random: () => 0.5,
      hooks: this.hooks,
      ...options,
    });
  }

  /** Hooks that write into the fields of this world. */
  get hooks(): QueueHooks {
    return {
      onVisibilityLost: ({ recordId }) => void this.lost.push(recordId),
      onReceiveError: ({ error }) => void this.errors.push(error),
    };
  }

  /** Writes a record for each value. */
  async put(...values: unknown[]): Promise<void> {
    for (const value of values) {
      await this.putRaw(encoder.encode(JSON.stringify(value)));
    }
  }

  /** Writes a record. */
  async putRaw(data: Uint8Array): Promise<void> {
    const response = await this.server.fetch("http://kinesis.test/", {
      method: "POST",
      headers: {
        "content-type": jsonCodec.contentType,
        "x-amz-target": "Kinesis_20131202.PutRecord",
      },
      body: jsonCodec.encode("PutRecord", {
        StreamName: "s",
        PartitionKey: "k",
        Data: data,
      }),
    });
    if (!response.ok) throw new Error(await response.text());
    await response.body?.cancel();
  }

  /** The queue as the service sees it. */
  get state(): QueueState {
    return this.server.queue(this.arn);
  }

  /** Whether nothing is left in the queue. */
  get isEmpty(): boolean {
    const { visible, inFlight, deadLetters } = this.state;
    return visible.length + inFlight.length + deadLetters.length === 0;
  }

  /** The entries of all requests of an action. */
  entriesOf(action: string): number[] {
    return this.requests.filter(([name]) => name === action)
      .map(([, count]) => count);
  }

  /** Moves the clock from timer to timer until the promise settles. Returns its result. */
  run<R>(promise: Promise<R>, maxMs?: number): Promise<R> {
    return runUntilSettled(this.clock, () => this.quiet(), promise, maxMs);
  }

  /** Moves the clock by `ms` milliseconds, from timer to timer. */
  pass(ms: number): Promise<void> {
    return passTime(this.clock, () => this.quiet(), ms);
  }

  /** Lets all work go on that waits for no timer. */
  async quiet(): Promise<void> {
    for (let turns = 0; turns < 6; turns++) {
      do await new Promise((resolve) => setImmediate(resolve)); while (
        isWorking()
      );
    }
  }
}
