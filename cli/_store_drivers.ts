/**
 * Connections to SQL and Redis. The drivers are not dependencies of this package: they are imported
 * when a command needs them.
 *
 * @module
 */
import type {
  IoRedisClient,
  PostgresConnection,
  SqliteConnection,
} from "../checkpoint/mod.ts";
import { Failure } from "./_failure.ts";

/** A connection, and what closes it. */
interface Opened {
  close(): Promise<void>;
}

/** The versions that Deno fetches. `deno.json` has the same for the tests. */
const VERSIONS = { postgres: "^3.4.7", ioredis: "^5.8.0" } as const;
const CONNECT_SECONDS = 10;

interface IoRedis extends IoRedisClient {
  connect(): Promise<void>;
  disconnect(): void;
  readonly status: string;
  on(event: "error", listener: (error: Error) => void): unknown;
}
interface Postgres extends PostgresConnection {
  end(options?: { timeout?: number }): Promise<void>;
}

/**
 * Connects to Redis.
 *
 * @throws {Failure} if the driver is missing or the server does not answer
 */
export async function openRedis(
  url: string,
): Promise<Opened & { redis: IoRedisClient }> {
  const { Redis } = await driver("ioredis") as {
    Redis: new (url: string, options: object) => IoRedis;
  };
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_SECONDS * 1000,
    // A command that cannot be sent fails and is not kept.
    maxRetriesPerRequest: 1,
    retryStrategy: () => null,
  });
  // Without a listener, the driver prints its errors.
  let why: Error | undefined;
  redis.on("error", (error) => why = error);
  try {
    await redis.connect();
  } catch (error) {
    if (redis.status !== "end") redis.disconnect();
    throw cannotConnect("Redis", why ?? error);
  }
  return { redis, close: () => Promise.resolve(redis.disconnect()) };
}

/**
 * Connects to PostgreSQL.
 *
 * @throws {Failure} if the driver is missing or the server does not answer
 */
export async function openPostgres(
  url: string,
): Promise<Opened & { connection: PostgresConnection }> {
  const { default: postgres } = await driver("postgres") as {
    default: (url: string, options: object) => Postgres;
  };
  const connection = postgres(url, {
    max: 2,
    connect_timeout: CONNECT_SECONDS,
    onnotice: () => {},
  });
  try {
    await connection.unsafe("SELECT 1");
  } catch (error) {
    await connection.end({ timeout: 0 });
    throw cannotConnect("PostgreSQL", error);
  }
  return { connection, close: () => connection.end({ timeout: 1 }) };
}

/**
 * Opens a file of SQLite that exists.
 *
 * @throws {Failure} if the runtime has no SQLite, or the file cannot be opened
 */
export async function openSqlite(
  path: string,
): Promise<Opened & { connection: SqliteConnection }> {
  const { stat } = await import("node:fs/promises");
  let sqlite: typeof import("node:sqlite");
  try {
    sqlite = await import("node:sqlite");
  } catch (error) {
    throw new Failure(
      `SQLite needs Deno 2.2 or Node.js 22.5: ${(error as Error).message}`,
    );
  }
  try {
    await stat(path);
    const connection = new sqlite.DatabaseSync(path);
    return {
      connection,
      close: () => Promise.resolve(connection.close()),
    };
  } catch (error) {
    throw new Failure(`Cannot open ${path}: ${(error as Error).message}`);
  }
}

/**
 * Imports a driver: that of the project if it has one. The name is not a literal, so that neither
 * `deno run` nor a package manager installs it for those who do not need it.
 */
async function driver(name: keyof typeof VERSIONS): Promise<unknown> {
  const names = "Deno" in globalThis
    ? [name, `npm:${name}@${VERSIONS[name]}`]
    : [name];
  let why: unknown;
  for (const specifier of names) {
    try {
      return await import(specifier);
    } catch (error) {
      why = error;
    }
  }
  throw new Failure(
    `This store needs the package ${name}: npm install ${name} (${
      (why as Error).message
    })`,
  );
}

function cannotConnect(what: string, error: unknown): Failure {
  const { message, code } = error as { message?: string; code?: string };
  return new Failure(`Cannot connect to ${what}: ${message || code || error}`);
}
