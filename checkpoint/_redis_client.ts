/**
 * The part of a Redis client that the checkpointer uses: it runs Lua scripts. It has types of its
 * own, so that no client has to be installed.
 *
 * @module
 */
import type { OptionCheck } from "../_core/option_check.ts";

/** `Redis` or `Cluster` of `npm:ioredis`, or an object with these methods and their meaning. */
export interface IoRedisClient {
  /** Runs a script. The keys come first among the arguments. */
  eval(
    script: string,
    keyCount: number,
    ...keysAndArguments: string[]
  ): Promise<unknown>;
  /** Only `npm:ioredis` has this method, which tells the two kinds of clients apart. */
  defineCommand(...options: never[]): unknown;
  /** A pipeline lacks this method. */
  connect(): Promise<unknown>;
}

/**
 * A client, cluster, pool or sentinel of `npm:redis`, or an object with these methods and their
 * meaning.
 */
export interface NodeRedisClient {
  /** Runs a script. */
  eval(
    script: string,
    options: { keys: string[]; arguments: string[] },
  ): Promise<unknown>;
  /** Only `npm:redis` has this method, which tells the two kinds of clients apart. */
  evalSha(...options: never[]): unknown;
  /** A transaction lacks this method. */
  connect(): Promise<unknown>;
}

/** A client that {@linkcode RedisCheckpointer} can use. */
export type RedisClient = IoRedisClient | NodeRedisClient;

/** Runs a script with one key. */
export type RunScript = (
  script: string,
  key: string,
  values: string[],
) => Promise<unknown>;

/**
 * How a client runs scripts.
 *
 * @throws {TypeError} if it is not a known client
 */
export function scriptRunner(check: OptionCheck, redis: unknown): RunScript {
  if (hasMethods<IoRedisClient>(redis, "eval", "defineCommand", "connect")) {
    return async (script, key, values) =>
      await redis.eval(script, 1, key, ...values);
  }
  if (hasMethods<NodeRedisClient>(redis, "eval", "evalSha", "connect")) {
    return async (script, key, values) =>
      await redis.eval(script, { keys: [key], arguments: values });
  }
  // The message does not show the client, which may hold a password.
  throw new TypeError(check.refusal(
    "'redis' must be a client of npm:ioredis (new Redis() or new Cluster()) or of npm:redis " +
      "(createClient(), createCluster(), createClientPool() or createSentinel()), " +
      "and not a pipeline, a transaction or a promise",
  ));
}

function hasMethods<C>(value: unknown, ...names: (keyof C)[]): value is C {
  const client = value as Partial<C> | null | undefined;
  return names.every((name) => typeof client?.[name] === "function");
}
