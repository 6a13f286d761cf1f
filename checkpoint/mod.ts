/**
 * Checkpointers store how far each shard is processed, and which worker reads it.
 *
 * | Backend | Survives | Workers may be |
 * |---|---|---|
 * | {@linkcode MemoryCheckpointer} | nothing | in one process, sharing the instance |
 * | {@linkcode KvCheckpointer} on a SQLite file | the end of the process | on one machine, sharing the file |
 * | {@linkcode KvCheckpointer} on Deno Deploy | what the platform states | anywhere, sharing the database |
 * | {@linkcode SqlCheckpointer} on SQLite | the end of the process | on one machine, sharing the file |
 * | {@linkcode SqlCheckpointer} on PostgreSQL | what the settings of the server promise | anywhere, sharing the server |
 * | {@linkcode RedisCheckpointer} | what the settings of the server promise | anywhere, sharing the server or cluster |
 * | {@linkcode DynamoDBCheckpointer} | the loss of a data center | anywhere, also beside workers of the KCL |
 *
 * Any object that keeps the promises of {@linkcode Checkpointer} can be used.
 *
 * @example Progress in a file
 * ```ts
 * import { type Checkpointer, KvCheckpointer } from "@webstreams/kinesis/checkpoint";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile({ suffix: ".sqlite3" });
 * let kv = await Deno.openKv(path);
 * let checkpointer: Checkpointer = new KvCheckpointer({ kv, name: "billing" });
 * await checkpointer.create({
 *   streamName: "orders",
 *   shardId: "shardId-000000000000",
 *   checkpoint: { type: "LATEST" },
 *   parentShardIds: [],
 * });
 * kv.close(); // the process ends, another one starts
 *
 * kv = await Deno.openKv(path);
 * checkpointer = new KvCheckpointer({ kv, name: "billing" });
 * assertEquals(await checkpointer.list("orders"), [{
 *   streamName: "orders",
 *   shardId: "shardId-000000000000",
 *   counter: 0,
 *   checkpoint: { type: "LATEST" },
 *   parentShardIds: [],
 * }]);
 * kv.close();
 * await Deno.remove(path);
 * ```
 *
 * @module
 */
export type {
  Checkpointer,
  CheckpointerCallOptions,
  HashKeyRange,
  HolderCallOptions,
  Lease,
  LeaseLoad,
  NewLease,
} from "./checkpointer.ts";
export type { Clock } from "../_core/clock.ts";
export type { Checkpoint } from "../records.ts";
export { MemoryCheckpointer } from "./memory.ts";
export { KvCheckpointer } from "./kv.ts";
export type { KvCheckpointerOptions } from "./kv.ts";
export { DynamoDBCheckpointer } from "./dynamodb.ts";
export type { DynamoDBCheckpointerOptions } from "./dynamodb.ts";
export type { Fetch } from "../_core/fetch.ts";
export type { RetryOptions, ServiceOptions } from "../_service/options.ts";
export type {
  Credentials,
  CredentialsProvider,
  Environment,
} from "../credentials/mod.ts";
export type { AttemptEvent, ClientHooks } from "../hooks.ts";
export type {
  KvStore,
  KvStoreAtomic,
  KvStoreEntry,
  KvStoreKey,
} from "./_kv_store.ts";
export { SqlCheckpointer } from "./sql.ts";
export type { SqlCheckpointerOptions } from "./sql.ts";
export type {
  PgPool,
  PgPoolClient,
  PostgresConnection,
  SqlConnection,
  SqliteConnection,
  SqlTransaction,
} from "./_sql_connection.ts";
export type { EffectContext, EffectRecord } from "./_effects.ts";
export { RedisCheckpointer } from "./redis.ts";
export type { RedisCheckpointerOptions } from "./redis.ts";
export type {
  IoRedisClient,
  NodeRedisClient,
  RedisClient,
} from "./_redis_client.ts";
