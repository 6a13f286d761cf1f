/**
 * The metrics of this library: their names, labels and meaning.
 *
 * @module
 */
/** Upper bounds of the times of requests, in seconds. */
const REQUEST_SECONDS = [
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
];

/** Upper bounds of the times of long polls, in seconds: they wait for up to 20. */
const POLL_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 15, 20, 30];
/** Upper bounds of the times that records are held, in seconds. */
const HELD_SECONDS = [1, 5, 10, 30, 60, 300, 900, 3600, 14_400, 43_200];

/** What a metric is. */
export interface Definition {
  /** The name, in the style of Prometheus. */
  readonly name: string;
  /** What it counts. */
  readonly help: string;
  /** The names of its labels. */
  readonly labelNames: readonly string[];
}

/** What a gauge is. */
export interface GaugeDefinition extends Definition {
  /** The value of a series that no source sets any more, for systems that cannot forget it. */
  readonly neutral: number;
  /** What a series of several sources has as its value. */
  readonly merge: Merge;
  /** Whether a series that no source sets any more stays, with the neutral value. */
  readonly stays: boolean;
}

/** How values of several sources become one. */
export type Merge = "max" | "min" | "sum";

/** Labels of a series. */
export type Labels = Readonly<Record<string, string>>;

/** A number that only grows. */
export interface Counter {
  /**
   * Adds to the number.
   * @default {1}
   */
  add(labels: Labels, amount?: number): void;
}

/**
 * A number that is set. Several sources may set the same series, such as two consumers of one
 * stream, or all shards of a series that has no shard: their values are merged.
 */
export interface Gauge {
  /** Sets the number of a source. */
  set(labels: Labels, value: number, source?: string): void;
  /** Removes the number of a source. */
  remove(labels: Labels, source?: string): void;
}

/** A distribution of times, in seconds. */
export interface Histogram {
  /** Adds an observation, or several of the same value. */
  observe(labels: Labels, value: number, times?: number): void;
}

/** Makes metrics for the system that collects them. */
export interface Makers {
  /** Makes a counter. */
  counter(definition: Definition): Counter;
  /** Makes a gauge. */
  gauge(definition: GaugeDefinition): Gauge;
  /** Makes a histogram. `buckets` are the upper bounds, rising. */
  histogram(definition: Definition, buckets: readonly number[]): Histogram;
}

/** All metrics. */
export interface Families {
  readonly attempts: Counter;
  readonly attemptSeconds: Histogram;
  readonly requestBytes: Counter;
  readonly responseBytes: Counter;
  readonly puts: Counter;
  readonly putSeconds: Histogram;
  readonly putRecords: Counter;
  readonly putValues: Counter;
  readonly storedValues: Counter;
  readonly resentRecords: Counter;
  readonly bufferingSeconds: Histogram;
  readonly putBytes: Counter;
  readonly storedBytes: Counter;
  readonly wrongShard: Counter;
  readonly failedRecords: Counter;
  readonly failedValues: Counter;
  readonly rateFactor: Gauge;
  readonly openShards: Gauge;
  readonly bufferFull: Counter;
  readonly bufferedValues: Gauge;
  readonly reads: Counter;
  readonly readSeconds: Histogram;
  readonly readRecords: Counter;
  readonly readBytes: Counter;
  readonly lagSeconds: Gauge;
  readonly processingLagSeconds: Gauge;
  readonly readErrors: Counter;
  readonly heldShards: Gauge;
  readonly shardEvents: Counter;
  readonly checkpoints: Counter;
  readonly lastCheckpoint: Gauge;
  readonly checkpointSeconds: Histogram;
  readonly renewals: Counter;
  readonly renewalSeconds: Histogram;
  readonly shards: Gauge;
  readonly workers: Gauge;
  readonly handlerSeconds: Histogram;
  readonly handledValues: Counter;
  readonly handlerErrors: Counter;
  readonly handlerTimeouts: Counter;
  readonly stalls: Counter;
  readonly uncovered: Gauge;
  readonly expired: Counter;
  readonly strays: Counter;
  readonly decodeErrors: Counter;
  readonly unacknowledged: Counter;
  readonly recreated: Counter;
  readonly subscriptions: Counter;
  readonly distribution: Gauge;
  readonly unkeyed: Counter;
  readonly queue: QueueFamilies;
}

/** The metrics of queues. */
export interface QueueFamilies {
  readonly receives: Counter;
  readonly receiveSeconds: Histogram;
  readonly records: Counter;
  readonly bytes: Counter;
  readonly receiveErrors: Counter;
  readonly entries: Counter;
  readonly failedEntries: Counter;
  readonly entrySeconds: Histogram;
  readonly lost: Counter;
  readonly heldSeconds: Histogram;
  readonly handlerSeconds: Histogram;
  readonly handledValues: Counter;
  readonly handlerErrors: Counter;
  readonly handlerTimeouts: Counter;
  readonly decodeErrors: Counter;
}

/** Makes the metrics. `prefix` starts their names. */
export function families(prefix: string, makers: Makers): Families {
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    makers.counter({ name, help, labelNames });
  const gauge = (
    name: string,
    help: string,
    rule: Partial<GaugeDefinition> & Pick<GaugeDefinition, "merge">,
    ...labelNames: string[]
  ) =>
    makers.gauge({ name, help, neutral: 0, stays: false, ...rule, labelNames });
  const seconds = (name: string, help: string, ...labelNames: string[]) =>
    makers.histogram({ name, help, labelNames }, REQUEST_SECONDS);
  const client = `${prefix}client_`;
  const producer = `${prefix}producer_`;
  const consumer = `${prefix}consumer_`;
  return {
    attempts: counter(
      `${client}attempts_total`,
      "HTTP attempts by their outcome: ok, or the code of the error",
      "action",
      "outcome",
    ),
    attemptSeconds: seconds(
      `${client}attempt_seconds`,
      "Time of HTTP attempts",
      "action",
    ),
    requestBytes: counter(
      `${client}request_bytes_total`,
      "Size of the bodies of requests",
      "action",
    ),
    responseBytes: counter(
      `${client}response_bytes_total`,
      "Size of the bodies of answers",
      "action",
    ),
    puts: counter(
      `${producer}requests_total`,
      "PutRecords requests by their outcome: ok, partial, or the code of the error",
      "stream",
      "outcome",
    ),
    putSeconds: seconds(
      `${producer}request_seconds`,
      "Time of PutRecords requests",
      "stream",
    ),
    putRecords: counter(
      `${producer}records_total`,
      "Kinesis records that were stored",
      "stream",
    ),
    putValues: counter(
      `${producer}sent_values_total`,
      "Values in requests, also those that are sent again",
      "stream",
    ),
    storedValues: counter(
      `${producer}values_total`,
      "Values in the Kinesis records that were stored",
      "stream",
    ),
    resentRecords: counter(
      `${producer}resent_records_total`,
      "Kinesis records in requests that an earlier request carried",
      "stream",
    ),
    bufferingSeconds: seconds(
      `${producer}buffering_seconds`,
      "Time of values from the producer's acceptance to their first request, each as the mean of its request",
      "stream",
    ),
    putBytes: counter(
      `${producer}sent_bytes_total`,
      "Data and partition keys in requests",
      "stream",
    ),
    storedBytes: counter(
      `${producer}bytes_total`,
      "Data and partition keys that were stored",
      "stream",
    ),
    wrongShard: counter(
      `${producer}wrong_shard_values_total`,
      "Values that were stored in a shard to which not all values of their record belong, and are sent again",
      "stream",
    ),
    failedRecords: counter(
      `${producer}failed_records_total`,
      "Kinesis records that a request did not store, by reason (throttled or other) and code of the error",
      "stream",
      "reason",
      "code",
    ),
    failedValues: counter(
      `${producer}given_up_values_total`,
      "Values that were given up, by the code of the error",
      "stream",
      "code",
    ),
    rateFactor: gauge(
      `${producer}rate_factor`,
      "Part of its limits that a throttled shard gets, as of its last throttle; the least of all producers",
      { merge: "min", neutral: 1 },
      "stream",
      "shard",
    ),
    openShards: gauge(
      `${producer}open_shards`,
      "Open shards in the last list",
      { merge: "max" },
      "stream",
    ),
    bufferFull: counter(
      `${producer}buffer_full_total`,
      "Times that writers had to wait for the buffer",
      "stream",
    ),
    bufferedValues: gauge(
      `${producer}buffered_values`,
      "Buffered values at the last change between full and free",
      { merge: "sum", stays: true },
      "stream",
    ),
    reads: counter(
      `${consumer}reads_total`,
      "Answers of GetRecords, and events of subscriptions",
      "stream",
    ),
    readSeconds: seconds(
      `${consumer}read_seconds`,
      "Time of GetRecords with the attempts that were repeated",
      "stream",
    ),
    readRecords: counter(
      `${consumer}records_total`,
      "Kinesis records that were read",
      "stream",
    ),
    readBytes: counter(
      `${consumer}bytes_total`,
      "Data that was read",
      "stream",
    ),
    lagSeconds: gauge(
      `${consumer}lag_seconds`,
      "How far reading is behind the latest record of a shard",
      { merge: "max" },
      "stream",
      "shard",
    ),
    processingLagSeconds: gauge(
      `${consumer}processing_lag_seconds`,
      "Age of the oldest value of a shard that was read and is not acknowledged, every 10 seconds",
      { merge: "max" },
      "stream",
      "shard",
    ),
    readErrors: counter(
      `${consumer}errors_total`,
      "Failures that are retried, by the code of the error",
      "stream",
      "code",
    ),
    heldShards: gauge(
      `${consumer}held_shards`,
      "Shards that this worker reads",
      { merge: "sum", stays: true },
      "stream",
    ),
    shardEvents: counter(
      `${consumer}shard_events_total`,
      "Shards that were opened, finished, lost, and so on",
      "stream",
      "state",
    ),
    checkpoints: counter(
      `${consumer}checkpoints_total`,
      "Stored checkpoints",
      "stream",
    ),
    lastCheckpoint: gauge(
      `${consumer}last_checkpoint_seconds`,
      "When the last checkpoint was stored, in seconds since the epoch",
      { merge: "max" },
      "stream",
    ),
    checkpointSeconds: seconds(
      `${consumer}checkpoint_seconds`,
      "Time to store a checkpoint",
      "stream",
    ),
    renewals: counter(
      `${consumer}renewals_total`,
      "Renewals of leases by their outcome: ok, or the code of the error",
      "stream",
      "outcome",
    ),
    renewalSeconds: seconds(
      `${consumer}renewal_seconds`,
      "Time to renew a lease",
      "stream",
    ),
    shards: gauge(
      `${consumer}shards`,
      "All shards that are known and not forgotten, by state, once a minute",
      { merge: "max" },
      "stream",
      "state",
    ),
    workers: gauge(
      `${consumer}workers`,
      "Workers that hold a lease, once a minute",
      { merge: "max" },
      "stream",
    ),
    handlerSeconds: seconds(
      `${consumer}handler_seconds`,
      "Time of calls of the handler by their outcome: ok, or failed if a value was not processed",
      "stream",
      "outcome",
    ),
    handledValues: counter(
      `${consumer}handled_values_total`,
      "Values in calls of the handler that have ended, by outcome: ok or failed",
      "stream",
      "outcome",
    ),
    handlerErrors: counter(
      `${consumer}handler_errors_total`,
      "Values whose call of the handler failed, by what follows: retried, given-up, or redelivered to the next run",
      "stream",
      "then",
    ),
    handlerTimeouts: counter(
      `${consumer}handler_timeouts_total`,
      "Calls of the handler that exceeded their time: late or given up",
      "stream",
      "state",
    ),
    stalls: counter(
      `${consumer}stalls_total`,
      "Shards without progress, by what the consumer did: none, restart or release",
      "stream",
      "action",
    ),
    uncovered: gauge(
      `${consumer}coverage_problems`,
      "Ranges of hash keys that no worker reads, or that belong to two shards",
      { merge: "max", stays: true },
      "stream",
    ),
    expired: counter(
      `${consumer}expired_total`,
      "Times that records had expired before they were read",
      "stream",
      "what",
    ),
    strays: counter(
      `${consumer}strays_total`,
      "Values that were dropped because their producer sends them again",
      "stream",
    ),
    decodeErrors: counter(
      `${consumer}decode_errors_total`,
      "Values that could not be decoded, by the decision: skip or fail",
      "stream",
      "decision",
    ),
    unacknowledged: counter(
      `${consumer}unacknowledged_total`,
      "Times that the oldest value of a shard was not acknowledged for 1, 2, 4, 8 and so on minutes",
      "stream",
    ),
    recreated: counter(
      `${consumer}recreated_total`,
      "Times that the stream was found to be created again",
      "stream",
    ),
    subscriptions: counter(
      `${consumer}subscriptions_total`,
      "Subscriptions that have started",
      "stream",
    ),
    distribution: gauge(
      `${producer}auto_distribution`,
      "1 while the stream distributes records by itself (AUTO), 0 once it does so no more",
      { merge: "max" },
      "stream",
    ),
    unkeyed: counter(
      `${consumer}unkeyed_total`,
      "Runs of process in which values without a partition key have no order",
      "stream",
    ),
    queue: queueFamilies(prefix, makers),
  };
}

const QUEUE = ["queue", "part"];

function queueFamilies(prefix: string, makers: Makers): QueueFamilies {
  const counter = (name: string, help: string, ...labels: string[]) =>
    makers.counter({
      name: `${prefix}queue_${name}_total`,
      help,
      labelNames: [...QUEUE, ...labels],
    });
  const seconds = (
    name: string,
    help: string,
    buckets: readonly number[],
    ...labels: string[]
  ) =>
    makers.histogram({
      name: `${prefix}queue_${name}_seconds`,
      help,
      labelNames: [...QUEUE, ...labels],
    }, buckets);
  return {
    receives: counter(
      "receives",
      "Answers to receive requests: empty, or with records",
      "outcome",
    ),
    receiveSeconds: seconds(
      "receive",
      "Time of receive requests, with the wait for records",
      POLL_SECONDS,
    ),
    records: counter("records", "Records that were received"),
    bytes: counter("bytes", "Size of the data of these records"),
    receiveErrors: counter(
      "receive_errors",
      "Receive requests that failed and are repeated",
      "code",
    ),
    entries: counter(
      "entries",
      "Records in requests: acknowledge, visibility or restore",
      "action",
    ),
    failedEntries: counter(
      "failed_entries",
      "Records that such a request did not serve",
      "action",
    ),
    entrySeconds: seconds(
      "entries",
      "Time of such requests",
      REQUEST_SECONDS,
      "action",
    ),
    lost: counter(
      "lost",
      "Records that others could see again before they were settled, by whether the application had " +
        "settled them",
      "settled",
    ),
    heldSeconds: seconds(
      "lost_held",
      "How long these records were held",
      HELD_SECONDS,
    ),
    handlerSeconds: seconds(
      "handler",
      "Time of calls of the handler by their outcome: ok, or failed if a value was not processed",
      REQUEST_SECONDS,
      "outcome",
    ),
    handledValues: counter(
      "handled_values",
      "Values in calls of the handler that have ended, by outcome: ok or failed",
      "outcome",
    ),
    handlerErrors: counter(
      "handler_errors",
      "Values whose call of the handler failed, by what follows: retried here, given-up, or redelivered later",
      "then",
    ),
    handlerTimeouts: counter(
      "handler_timeouts",
      "Calls of the handler that exceeded their time: late or given up",
      "state",
    ),
    decodeErrors: counter(
      "decode_errors",
      "Values that could not be decoded, by the decision: return, skip or fail",
      "decision",
    ),
  };
}
