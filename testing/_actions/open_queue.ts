/**
 * Makes a queue for a test.
 *
 * @module
 */
import { OptionCheck } from "../../_core/option_check.ts";
import type { CreateQueueOptions } from "../kinesis_server_types.ts";
import type { Account } from "../_state/account.ts";
import type { Queue } from "../_state/queue.ts";
import type { QueueStart } from "../_state/queue_source.ts";
import { addQueue } from "./create_queue.ts";
import { DEFAULT_QUEUE_SETTINGS } from "./queue_attributes.ts";

const check = new OptionCheck("Cannot create the queue");

/** Adds a queue that is ACTIVE. Throws a RangeError that names the invalid option. */
export function openQueue(
  account: Account,
  streamName: string,
  options: CreateQueueOptions,
): Queue {
  const { name = `${streamName}-queue`, maxReceiveCount } = options;
  const { visibilityTimeoutSeconds } = options;
  const queue = addQueue(account, account.stream({ StreamName: streamName }), {
    name,
    start: startOf(options.startingPosition),
    settings: {
      visibilityTimeoutSeconds: check.number(
        "visibilityTimeoutSeconds",
        visibilityTimeoutSeconds,
        {
          default: DEFAULT_QUEUE_SETTINGS.visibilityTimeoutSeconds,
          least: 0,
          most: 43_200,
          integer: true,
        },
      ),
      maxReceiveCount: maxReceiveCount === false ? undefined : check.number(
        "maxReceiveCount",
        maxReceiveCount,
        {
          default: DEFAULT_QUEUE_SETTINGS.maxReceiveCount!,
          least: 1,
          most: 1_000,
          integer: true,
        },
      ),
    },
  });
  queue.activate(account.now);
  return queue;
}

function startOf(
  position: CreateQueueOptions["startingPosition"] = "LATEST",
): QueueStart {
  return typeof position === "string"
    ? { type: position }
    : { type: "AT_TIMESTAMP", timestamp: position.getTime() };
}
