/**
 * Logs what happens, at the level that it deserves.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import type { QueueHooks } from "../queue_hooks.ts";
import type { AllHooks } from "./combine.ts";

/** A logger: `console`, a logger of `jsr:@std/log`, `npm:pino` or `npm:winston` fits. */
export interface Logger {
  /** What is of interest only when looking for a fault. */
  debug(message: string, ...rest: unknown[]): unknown;
  /** What happens seldom, and is right. */
  info(message: string, ...rest: unknown[]): unknown;
  /** What is repaired by itself. */
  warn(message: string, ...rest: unknown[]): unknown;
  /** What a person must look at: values are lost or given up, or nothing goes on. */
  error(message: string, ...rest: unknown[]): unknown;
}

const check = new OptionCheck("Cannot create log hooks");

/**
 * Makes hooks that log: `logHooks(console)`. Requests and reads are not logged, because there are
 * too many. The second argument of each message has the facts of the event.
 *
 * @throws {TypeError} if the logger has not all four methods
 */
export function logHooks(logger: Logger): AllHooks {
  check.methods("logger", logger ?? null, "debug", "info", "warn", "error");
  return {
    onAttempt(event) {
      if (event.error === undefined) return;
      const again = event.retryDelayMs === undefined ? "" : ", tries again";
      logger.debug(`${event.action} failed${again}`, event);
    },
    onValueFailed: (event) =>
      void logger.error(`A value for ${event.stream} was given up`, event),
    onThrottled: (event) =>
      void logger.warn(`${event.shardId ?? event.stream} is throttled`, event),
    onShardMap: (event) =>
      void logger.info(
        `${event.stream} has ${event.after.length} open shards`,
        event,
      ),
    onDistribution: (event) => {
      const { stream, strategy, withoutEffect } = event;
      const level = withoutEffect.length > 0 ? "warn" : "info";
      const lost = withoutEffect.length > 0
        ? `: no effect of ${withoutEffect.join(" and ")}`
        : "";
      logger[level](
        `${stream} distributes records by ${strategy}${lost}`,
        event,
      );
    },
    onBuffer: (event) =>
      void logger.debug(
        `The buffer of ${event.stream} is ${event.state}`,
        event,
      ),
    onShard: (event) => {
      const { shardId, state } = event;
      const level = state === "lost" ? "warn" : "info";
      logger[level](`${shardId} is ${state}`, event);
    },
    onReadError: (event) =>
      void logger.warn(
        `Reading ${event.shardId ?? event.stream} failed, tries again`,
        event,
      ),
    onExpired: (event) =>
      void logger.error(
        `Records of ${event.shardId} have expired unread`,
        event,
      ),
    onRecreated: (event) =>
      void logger.warn(`${event.stream} was created again`, event),
    onCheckpoint: (event) =>
      void logger.debug(`${event.shardId} is stored`, event),
    onUnacknowledged: (event) =>
      void logger.warn(
        `A value of ${event.shardId} is not acknowledged`,
        event,
      ),
    onUnkeyed: (event) =>
      void logger.warn(
        `Values of ${event.stream} have no partition key and so no order`,
        event,
      ),
    onStrays: (event) =>
      void logger.debug(
        `Values of ${event.shardId} were dropped as strays`,
        event,
      ),
    onWrongShard: (event) =>
      void logger.debug(
        `Values in ${event.shardId} of ${event.stream} are sent again`,
        event,
      ),
    onDecodeError: (event) =>
      void logger.error(
        `A value of ${event.shardId} cannot be decoded`,
        event,
      ),
    onProducerEnd: (event) => {
      const level = event.how === "closed" ? "info" : "error";
      logger[level](`The producer of ${event.stream} is ${event.how}`, event);
    },
    onConsumerEnd: (event) =>
      void logger.info(`The consumer of ${event.stream} has ended`, event),
    onStalled: (event) =>
      void logger.error(`${event.shardId} makes no progress`, event),
    onCoverage: (event) =>
      event.problems.length > 0
        ? void logger.error(`Hash keys of ${event.stream} are not read`, event)
        : void logger.info(`All hash keys of ${event.stream} are read`, event),
    onHandlerError: (event) => {
      const level = event.givenUp > 0 ? "error" : "warn";
      logger[level](
        `The handler failed for a value of ${event.shardId}`,
        event,
      );
    },
    onHandlerTimeout: (event) =>
      void logger.error(
        `The handler does not end for a value of ${event.shardId}`,
        event,
      ),
    ...queueLogHooks(logger),
  };
}

function queueLogHooks(logger: Logger): QueueHooks {
  return {
    onReceiveError: (event) =>
      void logger.warn(
        `Receiving from ${event.queueARN} failed, tries again`,
        event,
      ),
    onEntries(event) {
      const { action, failed, entries, queueARN } = event;
      if (failed === 0) return;
      logger.debug(
        `${action} failed for ${failed} of ${entries} records of ${queueARN}`,
        event,
      );
    },
    onVisibilityLost: (event) =>
      void logger.warn(
        `The record ${event.recordId} is visible to other receivers again`,
        event,
      ),
    onQueueDecodeError: (event) =>
      void logger.error(
        `A value of the record ${event.recordId} cannot be decoded`,
        event,
      ),
    onQueueHandlerError: (event) => {
      const level = event.givenUp > 0 ? "error" : "warn";
      logger[level](
        `The handler failed for a value of the record ${event.recordId}`,
        event,
      );
    },
    onQueueHandlerTimeout: (event) =>
      void logger.error(
        `The handler does not end for a value of the record ${event.recordId}`,
        event,
      ),
  };
}
