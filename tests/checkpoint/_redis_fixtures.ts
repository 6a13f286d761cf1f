/**
 * Helpers of the tests of the Redis checkpointer.
 *
 * @module
 */
import { Redis, type RedisOptions } from "ioredis";
import { createClient } from "redis";
import type { RedisClient } from "../../checkpoint/mod.ts";

/** A connected client, and how to close it. */
export interface Connection {
  readonly redis: RedisClient;
  close(): void | Promise<void>;
}

/** The client libraries: each opens a connection to a port. */
export const LIBRARIES: Readonly<
  Record<string, (port: number) => Promise<Connection>>
> = {
  async ioredis(port) {
    const redis = openIoRedis(port);
    await redis.connect();
    return { redis, close: () => closeIoRedis(redis) };
  },
  async redis(port) {
    const redis = createClient({ url: `redis://127.0.0.1:${port}` });
    redis.on("error", () => {});
    await redis.connect();
    return { redis, close: () => redis.destroy() };
  },
};

/** Opens a client that reconnects quickly. */
export function openIoRedis(port: number, options: RedisOptions = {}): Redis {
  const retryStrategy = () => 20;
  const redis = new Redis({
    port,
    lazyConnect: true,
    retryStrategy,
    ...options,
  });
  redis.on("error", () => {});
  return redis;
}

/** Closes the connection. Resolves when the socket is closed. */
export async function closeIoRedis(redis: Redis): Promise<void> {
  // Between two connections there is no socket, and ioredis tells of no end.
  if (redis.status === "end" || redis.status === "reconnecting") {
    return redis.disconnect();
  }
  const ended = new Promise((resolve) => redis.once("end", resolve));
  redis.disconnect();
  await ended;
}

/** Sends one command over a connection of its own. Resolves with the answer. */
export async function ask(
  port: number,
  command: string,
  ...values: string[]
): Promise<unknown> {
  const redis = openIoRedis(port);
  try {
    return await redis.call(command, ...values);
  } finally {
    await closeIoRedis(redis);
  }
}
