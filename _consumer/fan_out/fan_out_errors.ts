/**
 * The errors of enhanced fan-out, each with what to do about it.
 *
 * @module
 */
import { KinesisError, ServiceError } from "../../errors.ts";

/** Whether a server does not know an action of enhanced fan-out. */
export function isUnsupported(error: unknown): boolean {
  return error instanceof ServiceError &&
    /^(?:Unknown(?:Operation|Action)|InvalidAction)/.test(error.code);
}

/** The server does not know enhanced fan-out. */
export function fanOutUnsupported(
  stream: string,
  cause: unknown,
): KinesisError {
  return new KinesisError(
    `Cannot read ${stream} with enhanced fan-out as the server does not know it. ` +
      `Leave out 'fanOut', or set 'fanOut.fallback' to "polling"`,
    { code: "FanOutUnsupported", cause },
  );
}

/** There is no consumer with the ARN. */
export function consumerNotFound(
  consumerARN: string,
  stream: string,
  cause: unknown,
): KinesisError {
  return new KinesisError(
    `Cannot read ${stream} through ${consumerARN} as that consumer does not exist. ` +
      "A consumer that is registered again has another ARN: give its current ARN, " +
      "or 'fanOut.consumerName', with which it is registered if it does not exist",
    { code: "ConsumerNotFound", cause },
  );
}

/** The consumer with the ARN is being deregistered. */
export function consumerIsDeleted(
  consumerARN: string,
  stream: string,
): KinesisError {
  return new KinesisError(
    `Cannot read ${stream} through ${consumerARN} as that consumer is DELETING. ` +
      "Register another one and give its ARN, or give 'fanOut.consumerName'",
    { code: "ConsumerNotFound" },
  );
}

/** The stream has all the consumers that it may have. */
export function noFreeConsumer(
  consumer: string,
  stream: string,
  limitMs: number,
  cause: unknown,
): KinesisError {
  return new KinesisError(
    `Cannot register the consumer ${consumer} of ${stream}: tried for ${limitMs} ms. ` +
      "A stream may have 20 consumers, and 5 that are CREATING: deregister those that no program " +
      `uses any more, or set 'fanOut.fallback' to "polling"`,
    { code: "NoFreeConsumer", cause },
  );
}

/** The consumer did not become ACTIVE in time. */
export function consumerNotReady(
  consumer: string,
  stream: string,
  limitMs: number,
  why: string,
  cause: unknown,
): KinesisError {
  return new KinesisError(
    `Cannot read ${stream} through the consumer ${consumer}: ${why} after ${limitMs} ms`,
    { code: "ConsumerNotReady", cause },
  );
}

/** Another program subscribes to the shard through the same consumer again and again. */
export function consumerInUse(
  shardId: string,
  consumerARN: string,
  times: number,
  cause: unknown,
): KinesisError {
  return new KinesisError(
    `Cannot read ${shardId} through ${consumerARN}: another program subscribed to the shard ` +
      `through the same consumer ${times} times in a row. Give each application a consumer of its ` +
      "own, and all workers of an application the same checkpointer",
    { code: "ConsumerInUse", cause },
  );
}
