/**
 * The codes of the errors that this library makes by itself.
 *
 * @module
 */

/** What a code means, and what to do. Both are Markdown. */
export interface CodeFacts {
  readonly code: string;
  readonly meaning: string;
  readonly remedy: string;
}

/** Codes of one subject. */
export interface CodeGroup {
  readonly title: string;
  readonly codes: readonly CodeFacts[];
}

/** All codes, by subject. A test compares them with the source. */
export const OWN_CODES: readonly CodeGroup[] = [
  {
    title: "Requests",
    codes: [
      {
        code: "ConnectionFailed",
        meaning:
          "No complete answer arrived: the host was not found, refused the connection, or the connection broke. All attempts of the call have failed.",
        remedy:
          "Check the endpoint, the region and the network. `cause` is the error of `fetch`. Repeat the call later.",
      },
      {
        code: "TimedOut",
        meaning:
          "No complete answer arrived within the time limit of the call.",
        remedy:
          "Repeat the call, or raise the [limits of time](./client.md). A write may have been stored nevertheless.",
      },
      {
        code: "BadResponse",
        meaning:
          "The answer is not one that Kinesis sends: the page of a proxy, a cut body, a damaged message.",
        remedy:
          "Check that the endpoint is one of Kinesis, and what is between.",
      },
      {
        code: "WaitTimedOut",
        meaning:
          "A stream, consumer, queue or channel is not in the expected state after the time of the waiter.",
        remedy: "`lastState` says where it is. Wait again: the change goes on.",
      },
      {
        code: "WaitFailed",
        meaning:
          "The expected state cannot be reached any more: a channel is `FAILED`, for example.",
        remedy:
          "Read the reason in the message, delete the thing and create it again.",
      },
    ],
  },
  {
    title: "Settings",
    codes: [
      {
        code: "NoRegion",
        meaning: "No region is set.",
        remedy:
          "Set `region` of the client, `AWS_REGION`, or `region` of the profile.",
      },
      {
        code: "InvalidEndpoint",
        meaning:
          "The endpoint is no URL, does not fit the region or the ARN, or has a port that `fetch` refuses.",
        remedy: "The message names the setting and its value.",
      },
      {
        code: "InvalidFetch",
        meaning:
          "The option `fetch` resolved with something that is no `Response`.",
        remedy: "Pass a function with the signature of the global `fetch`.",
      },
      {
        code: "UnsupportedRuntime",
        meaning: "The runtime has no Web Crypto.",
        remedy:
          "Use Node.js 20.11 or later. In a browser, serve the page by HTTPS or from localhost.",
      },
    ],
  },
  {
    title: "Credentials",
    codes: [
      {
        code: "NoCredentials",
        meaning: "No source of credentials is configured.",
        remedy:
          "Pass `credentials`, or set up [one of the sources](./client.md). The message lists what was looked for.",
      },
      {
        code: "CredentialsUnavailable",
        meaning:
          "A source is configured and does not work: a file cannot be read, a role cannot be assumed, a login is over.",
        remedy:
          "The message names the source and the reason. The next source is not tried: it may belong to another identity.",
      },
      {
        code: "CredentialsFailed",
        meaning: "The function in `credentials` has thrown.",
        remedy: "`cause` is what it has thrown.",
      },
      {
        code: "InvalidCredentials",
        meaning:
          "Credentials lack a key, have stray characters, or an `expiration` that is no date.",
        remedy: "The message names the field. It does not show the value.",
      },
    ],
  },
  {
    title: "Writing",
    codes: [
      {
        code: "RecordTooLarge",
        meaning:
          "The record of one value is larger than the stream allows: 1 MiB by default, data and key.",
        remedy:
          "Compress the value, split it, store it elsewhere and send its address, or raise `MaxRecordSizeInKiB` of the stream.",
      },
      {
        code: "InvalidPartitionKey",
        meaning:
          "The partition key is no text of 1 to 256 characters, the value lacks the field that `partitionKey` names, or the function `partitionKey` has thrown.",
        remedy:
          "Mend the key. A `put` rejects; a pipe ends, unless the producer has a [`deadLetter`](./producing.md#failures).",
      },
      {
        code: "InvalidExplicitHashKey",
        meaning:
          "The explicit hash key is no decimal number from 0 to 2^128-1.",
        remedy: "Mend the key. Other values are not affected.",
      },
      {
        code: "NotSerializable",
        meaning:
          "The processor cannot encode the value: `undefined` or a cycle in JSON, for example.",
        remedy: "`cause` says why. Other values are not affected.",
      },
      {
        code: "RecordExpired",
        meaning: "The value was not sent within `recordTtlMs`.",
        remedy:
          "Raise `recordTtlMs`, or find out why writing is slow: [it throttles](./troubleshooting.md#it-throttles).",
      },
      {
        code: "WrongShard",
        meaning:
          "A record of several values was stored in a shard to which some of them do not belong, each time until `maxAttempts`: the stream is resharded all the time.",
        remedy: "Put the values of the [dead letters](./producing.md) again.",
      },
      {
        code: "OrderingNotSupported",
        meaning:
          "`ordering` is set, and the stream has AUTO record distribution, which keeps no order.",
        remedy:
          'Use `ordering: "none"`, or set the strategy of the stream to `USER_PARTITION_KEY`.',
      },
      {
        code: "AbortTimedOut",
        meaning:
          "The producer was aborted, and values were not acknowledged within `abortTimeoutMs`.",
        remedy: "`producer.undelivered()` has the values.",
      },
      {
        code: "NotAcknowledged",
        meaning:
          "In `producer.undelivered()`: the value is not acknowledged yet. In a `DeliveryError`: another value was refused and has ended the producer. Of a queue: the service has not confirmed an acknowledgement in time.",
        remedy:
          "Write the value again with another producer: it is not at fault. It may have been stored; a record of a queue may come again. Ids make repetitions visible.",
      },
      {
        code: "DeadLetterFailed",
        meaning:
          "The dead-letter stream refuses a letter, or `onPoison` asks for a dead letter and there is no `deadLetter`.",
        remedy:
          "Mend the dead-letter stream. The value is not lost: the producer or consumer ends, and the value is read or named again.",
      },
      {
        code: "Unexpected",
        meaning:
          "Code that was passed in (a client, a hook's stream, a clock) has thrown something that is no `KinesisError`.",
        remedy: "`cause` is what it has thrown.",
      },
      {
        code: "Closed",
        meaning:
          "A producer or consumer was used after it was closed, aborted or failed.",
        remedy: "`cause` is the reason, if it has failed. Make a new one.",
      },
    ],
  },
  {
    title: "Reading",
    codes: [
      {
        code: "Undecodable",
        meaning: "A record or value cannot be decoded by the processor.",
        remedy:
          "`error.record` has the bytes. [`onPoison`](./consuming.md) decides: fail, skip or a dead letter.",
      },
      {
        code: "HandlerFailed",
        meaning: "A handler has failed with each attempt for a value.",
        remedy:
          "`cause` is what it has thrown, `record` names the value. [`onPoison`](./processing.md) decides what happens.",
      },
      {
        code: "NothingAcknowledged",
        meaning: "Many values were handed out and none was acknowledged.",
        remedy:
          "Use `for await`, call `record.ack()`, or pipe into [`consumer.acknowledging(sink)`](./consuming.md#what-acknowledges-a-record).",
      },
      {
        code: "AcknowledgementMissing",
        meaning:
          "One value was not acknowledged for `acknowledgeTimeoutMs`, while later ones were: a filter has dropped it.",
        remedy: "Acknowledge what is dropped, or raise the option.",
      },
      {
        code: "AckMissing",
        meaning:
          "A value without the method `ack` has reached `acknowledging(sink)`: a step in between has copied the record.",
        remedy:
          "Keep `ack`: `{ value: f(record.value), ack: () => record.ack() }`.",
      },
      {
        code: "NoPartitionKey",
        meaning:
          '`process` has `ordering: "key"`, and a record has no partition key: the stream has AUTO record distribution.',
        remedy: 'Leave `ordering` out, or use `"shard"` or `"none"`.',
      },
      {
        code: "CheckpointExpired",
        meaning:
          'Records after the checkpoint have expired unread, and `expiredCheckpoint` is `"fail"`.',
        remedy:
          '[Records that expired](./health.md#records-that-expired). Raise the retention; run once with `"oldest"`.',
      },
      {
        code: "CheckpointRefused",
        meaning:
          "The service refuses the stored sequence number: it is of another stream.",
        remedy:
          "Reset the shard with [`resetCheckpoints`](./checkpoints.md#see-and-change-progress).",
      },
      {
        code: "PositionRefused",
        meaning: "The service refuses a sequence number in `from`.",
        remedy: "Give a sequence number of this shard.",
      },
      {
        code: "UnknownShard",
        meaning:
          "`from` has a position for a shard that the stream does not have.",
        remedy: "The message lists the shards.",
      },
      {
        code: "ShardListIncomplete",
        meaning:
          "ListShards does not name a shard that must exist. The consumer asks again.",
        remedy:
          "Nothing, if it ends by itself. Otherwise the server or a proxy gives wrong lists.",
      },
      {
        code: "ArrivalTimeMissing",
        meaning:
          "`until` is a date, and the server gives records no arrival time.",
        remedy: 'Use `until: "caught-up"` with this server.',
      },
      {
        code: "StreamRecreated",
        meaning:
          "The stream was deleted and created again with the same name, and the stored progress is that of the earlier one.",
        remedy:
          '[`onRecreated: "restart"`](./checkpoints.md#which-stream-a-row-belongs-to), or a checkpointer of its own.',
      },
      {
        code: "StreamFailed",
        meaning:
          "One stream of a consumer with `streams` has failed with an error that has no code.",
        remedy:
          "`stream` names it, `cause` is the error. Other errors keep their own code.",
      },
    ],
  },
  {
    title: "Enhanced fan-out",
    codes: [
      {
        code: "FanOutUnsupported",
        meaning: "The server does not know enhanced fan-out.",
        remedy: 'Leave `fanOut` out, or set `fanOut.fallback` to `"polling"`.',
      },
      {
        code: "ConsumerNotFound",
        meaning:
          "The registered consumer with this ARN does not exist, or is being deleted.",
        remedy:
          "Give the current ARN, or `fanOut.consumerName`, with which it is registered.",
      },
      {
        code: "ConsumerNotReady",
        meaning: "The registered consumer was not ACTIVE in time.",
        remedy: "Start again: registering goes on.",
      },
      {
        code: "ConsumerInUse",
        meaning:
          "Another program subscribes to the shard through the same registered consumer, time after time.",
        remedy:
          "One registered consumer for each application, and the same checkpointer for all of its workers.",
      },
      {
        code: "NoFreeConsumer",
        meaning:
          "The stream has all the registered consumers that it may have.",
        remedy: "Deregister some, or set `fanOut.fallback`.",
      },
    ],
  },
  {
    title: "Leases and checkpoints",
    codes: [
      {
        code: "LeaseLost",
        meaning: "Another worker holds the lease of the shard now.",
        remedy:
          "Nothing: the other worker processes the values that were not acknowledged. If it happens often, the event loop of the worker is blocked, or `failoverTimeMs` is too short.",
      },
      {
        code: "CheckpointFailed",
        meaning:
          "The checkpoints of some shards could not be stored. Their values are read again.",
        remedy: "`failures` has the error of each shard.",
      },
      {
        code: "CheckpointStoreRefused",
        meaning:
          "The store of leases refuses: a missing permission, a missing table, a wrong password.",
        remedy: "`cause` is its error. No retry can change it.",
      },
      {
        code: "LeaseDamaged",
        meaning: "A stored lease is not in the form of one.",
        remedy:
          "Restore the row that the message names, or delete it to start the shard over.",
      },
      {
        code: "LeaseFormatTooNew",
        meaning: "A newer release of this library has written the lease.",
        remedy: "Run the newer release everywhere.",
      },
      {
        code: "TableOfOtherStream",
        meaning:
          "The lease table of DynamoDB is that of another stream or another layout.",
        remedy: "One table for each application, as with the KCL.",
      },
      {
        code: "CoordinatorStateUnknown",
        meaning:
          "The table in which KCL 3 says how its workers run cannot be read.",
        remedy:
          "Allow `dynamodb:GetItem` for it, or pass `coordinatorTableName: false`.",
      },
      {
        code: "ProgressUnderName",
        meaning:
          "The consumer is given the ARN, and progress is stored under the name of the stream.",
        remedy:
          "Go on with `streamName`, or [copy the leases](./checkpoints.md).",
      },
      {
        code: "EffectsConflict",
        meaning:
          "A transaction with effects and checkpoint has always found another position in the store.",
        remedy: "Repeat it. Another worker may hold the shard.",
      },
      {
        code: "LeasesHeld",
        meaning: "`resetCheckpoints` while workers run.",
        remedy: "Stop them first. Nothing was changed.",
      },
      {
        code: "LeasesChanged",
        meaning: "A worker has written leases during `resetCheckpoints`.",
        remedy: "Stop all workers, and call it again. Nothing was changed.",
      },
      {
        code: "ResetIncomplete",
        meaning:
          "`resetCheckpoints` has reset some shards and failed with others.",
        remedy: "Call it again before a worker starts.",
      },
    ],
  },
  {
    title: "Queues",
    codes: [
      {
        code: "VisibilityLost",
        meaning:
          "The visibility timeout of a record was over before it was acknowledged. Other receivers can see it.",
        remedy:
          "Expect the value again. Process faster, or raise `visibilityTimeoutSeconds`.",
      },
      {
        code: "NotDeadLetter",
        meaning: "`restore` was called for a record that is no dead letter.",
        remedy: "Call it for records of `queue.deadLetters()`.",
      },
    ],
  },
  {
    title: "Permissions, metrics and Lambda",
    codes: [
      {
        code: "DryRunUnsupported",
        meaning:
          "In `preflight`: the server does not know DryRun, so a check would store a record.",
        remedy: "The permission is `unknown`. Emulators know no DryRun.",
      },
      {
        code: "DryRunUnverified",
        meaning:
          "In `preflight`: whether the server knows DryRun cannot be found out.",
        remedy: "Allow `kinesis:ListShards`.",
      },
      {
        code: "NotRegistered",
        meaning:
          "In `preflight`: the consumer of `fanOut` is not registered yet.",
        remedy: "Register it, or check after the first start.",
      },
      {
        code: "StreamNotReady",
        meaning: "In `preflight`: the stream has no shards yet.",
        remedy: "Wait until it is ACTIVE.",
      },
      {
        code: "MetricsNotEnabled",
        meaning:
          "`streamMetrics` with `perShard`, and the metrics of shards are not enabled.",
        remedy: "Call `enableEnhancedMonitoring`, which AWS bills.",
      },
      {
        code: "MetricsIncomplete",
        meaning: "CloudWatch has answered for some metrics only.",
        remedy: "Call it again, or for a shorter time.",
      },
      {
        code: "ShardsNotListed",
        meaning: "In Lambda: the shards that tell strays cannot be listed.",
        remedy: "Allow `kinesis:ListShards` for the function.",
      },
    ],
  },
];
