/**
 * AWS Kinesis Data Streams over web streams: a {@linkcode Producer} is a `WritableStream`, a
 * {@linkcode Consumer} is a `ReadableStream`, and a processor is a pair of `TransformStream`s. A
 * {@linkcode QueueConsumer} is a `ReadableStream` of a Kinesis queue. The library needs only `fetch`,
 * web streams and Web Crypto, so the same code runs in Deno, Node.js, Bun, Workers and browsers.
 *
 * ```ts
 * import { Consumer, KinesisClient, Producer } from "@webstreams/kinesis";
 * import { MemoryCheckpointer } from "@webstreams/kinesis/checkpoint";
 * import { jsonLines } from "@webstreams/kinesis/processors";
 * import { KinesisServer } from "@webstreams/kinesis/testing";
 * import { assertEquals } from "@std/assert";
 *
 * // Without the option `fetch`, requests go to AWS, with the credentials of the AWS tools.
 * const client = new KinesisClient({
 *   region: "eu-west-1",
 *   credentials: { accessKeyId: "id", secretAccessKey: "secret" },
 *   fetch: new KinesisServer().fetch,
 * });
 * const orders = {
 *   client,
 *   streamName: "orders",
 *   processor: jsonLines<{ userId: string; total: number }>(),
 * };
 *
 * const producer = new Producer({
 *   ...orders,
 *   partitionKey: "userId",
 *   createStream: { shardCount: 2 },
 * });
 * producer.put({ userId: "ada", total: 12 });
 * producer.put({ userId: "bob", total: 30 });
 * await producer.close(); // resolves when Kinesis has acknowledged everything
 *
 * let total = 0;
 * const checkpointer = new MemoryCheckpointer();
 * const consumer = new Consumer({ ...orders, checkpointer, until: "caught-up" });
 * for await (const { value } of consumer) {
 *   total += value.total; // asking for the next record acknowledges this one
 * }
 * assertEquals(total, 42);
 * ```
 *
 * `consumer.process(handler)` calls a function for each value in place of the loop: many at a time,
 * in order of the partition key, with retries and dead letters. The options of a consumer
 * ({@linkcode ConsumerOptions}) choose enhanced fan-out, a span of time or several streams.
 *
 * `new QueueConsumer({ client, queueARN, processor })` reads a queue over an on-demand stream: no
 * shards, leases or order, each value acknowledged or repeated by itself, with dead letters.
 *
 * - **Nothing is lost silently.** A value is acknowledged by Kinesis, written to the dead-letter
 *   stream, or named in an error that the caller cannot miss.
 * - **At least once.** A checkpoint never passes a record that was not acknowledged. A value that is
 *   read again has the same `record.id`.
 * - **Order** per partition key if you ask for it; on reading per shard, and parents before
 *   children.
 * - **Bounded memory**, with backpressure that reaches the source.
 * - **Typed errors** ({@linkcode KinesisError}) that say what to do.
 *
 * Other entry points: `/client` (the client alone), `/processors` (values to records and back),
 * `/framing` (bytes to lines and other frames), `/checkpoint` (where progress is stored: memory,
 * Deno KV, Redis, DynamoDB), `/credentials` (where credentials come from), `/testing` (an in-memory
 * Kinesis for your own tests).
 *
 * @module
 */
export { Producer } from "./producer.ts";
export type {
  FlushResult,
  KeyOf,
  Ordering,
  ProducerClient,
  ProducerOptions,
  ProducerStats,
  PutAllResult,
  PutKeys,
  ShardRates,
} from "./producer.ts";
export { Consumer } from "./consumer.ts";
export type {
  Acknowledgeable,
  AcknowledgingIterator,
  AcknowledgingIteratorOptions,
  BatchHandler,
  BatchResult,
  ConsumedStream,
  ConsumerClient,
  ConsumerOptions,
  ConsumerStatus,
  Coverage,
  CoverageProblem,
  ExpiredCheckpointPolicy,
  FailedRecord,
  FanOutClient,
  FanOutOptions,
  HandlerContext,
  HandlerPoisonPolicy,
  HandlerRetryOptions,
  LastError,
  ManyStreamsOptions,
  Moment,
  OldestUnacknowledged,
  PoisonPolicy,
  ProcessBatchesOptions,
  ProcessingOrder,
  ProcessingStatus,
  ProcessingSummary,
  ProcessOptions,
  RecordHandler,
  RecreatedPolicy,
  RunningHandler,
  ShardStatus,
  ShardWait,
  StreamStatus,
} from "./consumer.ts";
export { DeadLetters, QueueConsumer, QueueStream } from "./queue.ts";
export type {
  DeadLetterOptions,
  QueueBatchHandler,
  QueueBatchOptions,
  QueueBatchResult,
  QueueClient,
  QueueConsumerOptions,
  QueueConsumerStatus,
  QueueHandlerContext,
  QueueHandlerPoisonPolicy,
  QueueHandlerRetryOptions,
  QueuePartName,
  QueuePoisonPolicy,
  QueueProcessingStatus,
  QueueProcessingSummary,
  QueueProcessOptions,
  QueueRecordHandler,
  RedriveOptions,
  RedriveProgress,
  RedriveSummary,
  RunningQueueHandler,
} from "./queue.ts";
export { checkpointStatus, resetCheckpoints } from "./progress.ts";
export type {
  CheckpointStatus,
  ProgressOptions,
  ResetOptions,
  ResetPosition,
  ShardCheckpoint,
  ShardReset,
} from "./progress.ts";
export { recordId } from "./record_id.ts";
export type { ValuePosition } from "./record_id.ts";
export { writeDurably } from "./durable_sink.ts";
export type { DurableSink, DurableWrite } from "./durable_sink.ts";
export { KinesisClient } from "./client/mod.ts";
export type { KinesisClientOptions } from "./client/mod.ts";
export {
  CheckpointError,
  ClosedError,
  ConnectionError,
  CredentialsError,
  DecodeError,
  DeliveryError,
  InvalidRecordError,
  KinesisError,
  LeaseLostError,
  ProcessingError,
  ResponseError,
  ServiceError,
  StoredLeaseError,
  StreamError,
  TimeoutError,
  WaiterError,
} from "./errors.ts";
export type {
  InvalidRecordCode,
  KinesisErrorOptions,
  ServiceErrorOptions,
  StoredLeaseCode,
} from "./errors.ts";
export type {
  Checkpoint,
  ConsumerRecord,
  DeadLetter,
  DeadLetterRecord,
  DecodedRecord,
  EncodedRecord,
  FailedAttempt,
  FailedValue,
  FencingToken,
  KinesisRecord,
  Put,
  PutReceipt,
  QueueRecord,
  QueueRetryOptions,
  ShardPosition,
  StartPosition,
} from "./records.ts";
export type {
  AttemptEvent,
  BatchEvent,
  BatchFailure,
  BufferEvent,
  CheckpointEvent,
  ClientHooks,
  ConsumerEndEvent,
  ConsumerHooks,
  CoverageEvent,
  DecodeErrorEvent,
  DistributionEvent,
  ExpiredEvent,
  HandledEvent,
  HandlerErrorEvent,
  HandlerTimeoutEvent,
  ProcessingLagEvent,
  ProducerEndEvent,
  ProducerHooks,
  ReadErrorEvent,
  ReadEvent,
  RecreatedEvent,
  RenewEvent,
  ShardEvent,
  ShardMapEvent,
  StalledEvent,
  StatusEvent,
  StraysEvent,
  SubscribedEvent,
  ThrottledEvent,
  UnacknowledgedEvent,
  UnkeyedEvent,
  ValueFailedEvent,
  WrongShardEvent,
} from "./hooks.ts";
export type {
  QueueDecodeErrorEvent,
  QueueEntriesEvent,
  QueueHandledEvent,
  QueueHandlerErrorEvent,
  QueueHandlerTimeoutEvent,
  QueueHooks,
  QueueLostEvent,
  QueueReceiveErrorEvent,
  QueueReceiveEvent,
} from "./queue_hooks.ts";
