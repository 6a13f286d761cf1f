import type { Account } from "../_state/account.ts";
import { MAX_CHANGING_QUEUES } from "../_state/limits.ts";
import { Queue, type QueueSettings } from "../_state/queue.ts";
import type { QueueStart } from "../_state/queue_source.ts";
import type { Stream } from "../_state/stream.ts";
import { resourceName, streamArn, tags } from "../_wire/fields.ts";
import {
  inUse,
  invalidArgument,
  limitExceeded,
  validation,
} from "../_wire/service_error.ts";
import { list, required, structure, text, timestamp } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import { requireConsumerPlace } from "./consumer_limit.ts";
import {
  changedSettings,
  DEFAULT_QUEUE_SETTINGS,
  queueAttributes,
} from "./queue_attributes.ts";
import { addTags } from "./resource_tags.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateQueue.html */
export const createQueue: Action = action({
  QueueName: required(resourceName),
  StreamConfigurationList: required(list(
    structure({
      StreamARN: required(streamArn),
      StartingPosition: structure({
        Type: required(
          text({ values: ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"] }),
        ),
        Timestamp: timestamp,
      }),
    }),
    { min: 1, max: 10_000 },
  )),
  QueueAttributes: queueAttributes,
  Tags: tags,
}, (input, { account }) => {
  const [source, ...others] = input.StreamConfigurationList;
  if (!source || others.length > 0) {
    throw validation("StreamConfigurationList must have exactly one entry.");
  }
  const { Type: type = "LATEST", Timestamp: time } = source.StartingPosition ??
    {};
  const queue = addQueue(account, account.stream(source), {
    name: input.QueueName,
    start: startOf(type, time, account.now),
    settings: changedSettings(
      DEFAULT_QUEUE_SETTINGS,
      input.QueueAttributes ?? {},
    ),
    tags: input.Tags ?? new Map(),
  });
  const answer = { QueueDescription: queue.describe() };
  account.schedule(() => {
    queue.activate(account.now);
    queue.notify();
  });
  return answer;
});

function startOf(
  type: QueueStart["type"],
  timestamp: number | undefined,
  now: number,
): QueueStart {
  if ((type === "AT_TIMESTAMP") !== (timestamp !== undefined)) {
    throw validation(
      "StartingPosition must have a Timestamp with type AT_TIMESTAMP, and must not with other types.",
    );
  }
  if (timestamp !== undefined && timestamp > now) {
    throw invalidArgument(
      `The Timestamp of StartingPosition must not be in the future: ${timestamp} is after ${now}.`,
    );
  }
  return { type, timestamp };
}

/** Adds a queue in state CREATING. Throws if the stream cannot have it or a limit is reached. */
export function addQueue(account: Account, stream: Stream, options: {
  name: string;
  start: QueueStart;
  settings: QueueSettings;
  tags?: ReadonlyMap<string, string>;
}): Queue {
  const { name, start, settings, tags } = options;
  stream.requireActive();
  if (stream.mode !== "ON_DEMAND") {
    throw validation(
      `Queues are only supported for data streams with the on-demand capacity mode: ${stream.label} is PROVISIONED.`,
    );
  }
  const queues = [...account.queues.values()];
  if (queues.some((queue) => queue.name === name)) {
    throw inUse(
      `Queue ${name} under account ${stream.accountId} already exists.`,
    );
  }
  requireConsumerPlace(account, stream);
  const changing = queues
    .filter(({ status }) => status === "CREATING" || status === "DELETING");
  if (changing.length >= MAX_CHANGING_QUEUES) {
    throw limitExceeded(
      `Account ${stream.accountId} has ${MAX_CHANGING_QUEUES} queues that are CREATING or DELETING, and no more are allowed.`,
    );
  }
  const id = account.newId();
  const queue = new Queue({
    name,
    id,
    arn: account.arn("queue", id),
    stream,
    start,
    settings,
    createdAt: account.now,
    random: account.options.random,
    maxInFlight: account.options.maxInFlightQueueRecords,
  });
  if (tags) addTags(queue, tags);
  account.queues.set(id, queue);
  return queue;
}
