/**
 * The QueueAttributes of CreateQueue and UpdateQueue.
 *
 * @module
 */
import type { QueueSettings } from "../_state/queue.ts";
import { validation } from "../_wire/service_error.ts";
import {
  type Field,
  integer,
  required,
  structure,
  text,
} from "../_wire/shape.ts";

/** The QueueAttributes of a request. */
export interface QueueAttributes {
  readonly VisibilityTimeoutSeconds?: number;
  readonly DeadLetterConfiguration?: {
    readonly TargetType: "BUILT_IN" | "NONE";
    readonly MaxReceiveCount?: number;
  };
}

/** A visibility timeout in seconds: 0 to 12 hours. */
export const visibilityTimeout: Field<number> = integer({
  min: 0,
  max: 43_200,
});

/** The member QueueAttributes. */
export const queueAttributes: Field<QueueAttributes> = structure({
  VisibilityTimeoutSeconds: visibilityTimeout,
  DeadLetterConfiguration: structure({
    TargetType: required(text({ values: ["BUILT_IN", "NONE"] })),
    MaxReceiveCount: integer({ min: 1, max: 1_000 }),
  }),
});

/**
 * The settings of a new queue.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_QueueAttributes.html
 */
export const DEFAULT_QUEUE_SETTINGS: QueueSettings = {
  visibilityTimeoutSeconds: 30,
  maxReceiveCount: 6,
};

/** The settings with the changes of a request. Members that are absent stay as they are. */
export function changedSettings(
  settings: QueueSettings,
  attributes: QueueAttributes,
): QueueSettings {
  const {
    VisibilityTimeoutSeconds: seconds,
    DeadLetterConfiguration: letters,
  } = attributes;
  if (
    letters?.TargetType === "BUILT_IN" && letters.MaxReceiveCount === undefined
  ) {
    throw validation("TargetType BUILT_IN needs a MaxReceiveCount.");
  }
  return {
    visibilityTimeoutSeconds: seconds ?? settings.visibilityTimeoutSeconds,
    maxReceiveCount: letters === undefined
      ? settings.maxReceiveCount
      : letters.TargetType === "NONE"
      ? undefined
      : letters.MaxReceiveCount,
  };
}
