/**
 * What the reference of options contains, in its order.
 *
 * @module
 */

/** An interface in the reference. */
export interface ReferencePart {
  /** The name of the interface. */
  readonly name: string;
  /** The heading. */
  readonly title: string;
  /** A sentence that follows the heading, in Markdown. */
  readonly about?: string;
}

/** A chapter of the reference. */
export interface ReferenceSection {
  readonly title: string;
  /** The guide, relative to `docs/`. */
  readonly guide: string;
  readonly parts: readonly ReferencePart[];
}

/** The entry points whose interfaces are described. */
export const ENTRY_POINTS: readonly string[] = [
  "mod.ts",
  "client/mod.ts",
  "checkpoint/mod.ts",
  "lambda/mod.ts",
  "cloudwatch/mod.ts",
  "testing/mod.ts",
];

/** The chapters. */
export const SECTIONS: readonly ReferenceSection[] = [
  {
    title: "Producer",
    guide: "producing.md",
    parts: [
      { name: "ProducerOptions", title: "new Producer(options)" },
      { name: "ShardRates", title: "shardRates" },
      { name: "PutKeys", title: "producer.put(value, keys)" },
      { name: "ProducerStats", title: "producer.stats()" },
      { name: "ProducerHooks", title: "Hooks of a producer" },
    ],
  },
  {
    title: "Consumer",
    guide: "consuming.md",
    parts: [
      { name: "ConsumerOptions", title: "new Consumer(options)" },
      { name: "FanOutOptions", title: "fanOut" },
      { name: "ManyStreamsOptions", title: "new Consumer with streams" },
      { name: "ProcessOptions", title: "consumer.process(handler, options)" },
      {
        name: "ProcessBatchesOptions",
        title: "consumer.processBatches(handler, options)",
      },
      { name: "HandlerRetryOptions", title: "retry of a handler" },
      { name: "ConsumerStatus", title: "consumer.status()" },
      { name: "ShardStatus", title: "status().shards" },
      { name: "StreamStatus", title: "status().streams" },
      { name: "ProcessingStatus", title: "status().processing" },
      { name: "ConsumerHooks", title: "Hooks of a consumer" },
    ],
  },
  {
    title: "QueueConsumer",
    guide: "queues.md",
    parts: [
      { name: "QueueConsumerOptions", title: "new QueueConsumer(options)" },
      { name: "QueueProcessOptions", title: "queue.process(handler, options)" },
      {
        name: "QueueBatchOptions",
        title: "queue.processBatches(handler, options)",
      },
      {
        name: "QueueHandlerRetryOptions",
        title: "retry of a handler of a queue",
      },
      { name: "RedriveOptions", title: "queue.redrive(options)" },
      { name: "QueueConsumerStatus", title: "queue.status()" },
      {
        name: "QueueProcessingStatus",
        title: "status().processing of a queue",
      },
      { name: "QueueHooks", title: "Hooks of a queue" },
    ],
  },
  {
    title: "KinesisClient",
    guide: "client.md",
    parts: [
      { name: "KinesisClientOptions", title: "new KinesisClient(options)" },
      { name: "RetryOptions", title: "retry of the client" },
      { name: "CallOptions", title: "options of a call" },
      { name: "WaitOptions", title: "options of waiters" },
      { name: "PreflightOptions", title: "client.preflight(options)" },
      {
        name: "SubscribeOptions",
        title: "client.subscribeToShard(request, options)",
      },
      { name: "ClientHooks", title: "Hooks of a client" },
    ],
  },
  {
    title: "Checkpointers",
    guide: "checkpoints.md",
    parts: [
      {
        name: "DynamoDBCheckpointerOptions",
        title: "new DynamoDBCheckpointer(options)",
      },
      {
        name: "RedisCheckpointerOptions",
        title: "new RedisCheckpointer(options)",
      },
      { name: "SqlCheckpointerOptions", title: "new SqlCheckpointer(options)" },
      { name: "KvCheckpointerOptions", title: "new KvCheckpointer(options)" },
      {
        name: "ProgressOptions",
        title: "checkpointStatus(options)",
      },
      { name: "ResetOptions", title: "resetCheckpoints(options)" },
    ],
  },
  {
    title: "Lambda",
    guide: "lambda.md",
    parts: [
      {
        name: "KinesisHandlerOptions",
        title: "kinesisHandler(handler, options)",
      },
      {
        name: "WindowHandlerOptions",
        title: "windowHandler(handler, options)",
      },
    ],
  },
  {
    title: "CloudWatch",
    guide: "cloudwatch.md",
    parts: [
      {
        name: "StreamMetricsOptions",
        title: "streamMetrics(client, stream, options)",
      },
    ],
  },
  {
    title: "Testing",
    guide: "testing.md",
    parts: [
      { name: "KinesisServerOptions", title: "new KinesisServer(options)" },
    ],
  },
];
