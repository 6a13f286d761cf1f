/**
 * The ways to read that are killed. A new way to read is one more entry.
 *
 * @module
 */
import type {
  Consumer,
  ConsumerOptions,
  ProcessingOrder,
} from "../../consumer.ts";
import type { ConsumerRecord } from "../../records.ts";
import type { Item } from "./items.ts";

/** Processes a value, and resolves when the value is processed. */
export type Handler = (record: ConsumerRecord<Item>) => Promise<void>;

/** One way to read. */
export interface Way {
  /** Whether the values of a partition key are processed in their order. */
  readonly keepsOrder: boolean;
  /** Options of the consumer. */
  readonly options?: Partial<ConsumerOptions<Item>>;
  /** Reads to the end of the stream. */
  run(consumer: Consumer<Item>, handle: Handler): Promise<void>;
}

/** All ways, by their names. */
export const WAYS: Readonly<Record<string, Way>> = {
  "for await": {
    keepsOrder: true,
    async run(consumer, handle) {
      for await (const record of consumer) await handle(record);
    },
  },
  "for await over fan-out": {
    keepsOrder: true,
    options: { fanOut: { consumerName: "for-await" } },
    async run(consumer, handle) {
      for await (const record of consumer) await handle(record);
    },
  },
  "four loops over one iterator": {
    keepsOrder: false,
    async run(consumer, handle) {
      const iterator = consumer.values();
      await Promise.all(Array.from({ length: 4 }, async () => {
        for await (const record of iterator) await handle(record);
      }));
    },
  },
  "pipeTo(acknowledging)": {
    keepsOrder: true,
    async run(consumer, handle) {
      const sink = new WritableStream<ConsumerRecord<Item>>({
        write: (record) => handle(record),
      });
      await consumer.pipeTo(consumer.acknowledging(sink));
    },
  },
  "pipeThrough and ack": {
    keepsOrder: true,
    async run(consumer, handle) {
      // Both buffers hold values that are pulled and not processed.
      const transform = new TransformStream<
        ConsumerRecord<Item>,
        ConsumerRecord<Item>
      >({}, { highWaterMark: 16 }, { highWaterMark: 16 });
      const sink = new WritableStream<ConsumerRecord<Item>>({
        async write(record) {
          await handle(record);
          record.ack();
        },
      });
      await consumer.pipeThrough(transform).pipeTo(sink);
    },
  },
  "process by shard": processing("shard"),
  "process by key": processing("key"),
  "process by key over fan-out": {
    ...processing("key"),
    options: { fanOut: { consumerName: "process" } },
  },
  "process without order": processing("none"),
  "processBatches by shard": batches("shard"),
  "processBatches by key": batches("key"),
  "processBatches without order": batches("none"),
};

const RETRY = { baseDelayMs: 1, maxDelayMs: 5 };

/** Every 50th value of a key fails at its first attempt. */
function isRefused({ value }: ConsumerRecord<Item>, attempt: number): boolean {
  return attempt === 1 && value.n % 50 === 49;
}

function processing(ordering: ProcessingOrder): Way {
  return {
    keepsOrder: ordering !== "none",
    async run(consumer, handle) {
      await consumer.process(async (record, { attempt }) => {
        if (isRefused(record, attempt)) throw new Error("refused");
        await handle(record);
      }, { ordering, retry: RETRY });
    },
  };
}

/** A batch is processed up to a value that fails, so that the values behind it stay in order. */
function batches(ordering: ProcessingOrder): Way {
  return {
    keepsOrder: ordering !== "none",
    async run(consumer, handle) {
      await consumer.processBatches(async (records, { attempt }) => {
        const failed = records.findIndex((it) => isRefused(it, attempt));
        const end = failed < 0 ? records.length : failed;
        for (const record of records.slice(0, end)) await handle(record);
        return records.slice(end);
      }, { ordering, maxValues: 20, maxWaitMs: 10, retry: RETRY });
    },
  };
}
