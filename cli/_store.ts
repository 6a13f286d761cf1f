/**
 * The stores of checkpoints, by their URLs.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type Checkpointer,
  DynamoDBCheckpointer,
  KvCheckpointer,
  RedisCheckpointer,
  SqlCheckpointer,
} from "../checkpoint/mod.ts";
import { environmentOf } from "./_connection.ts";
import type { Context } from "./_context.ts";
import { Failure, WrongUsage } from "./_failure.ts";
import { openPostgres, openRedis, openSqlite } from "./_store_drivers.ts";

/** A store, as its URL names it. */
export interface StorePlace {
  readonly kind: keyof typeof OPENERS;
  /** The URL for a driver, a path, or the name of a table. */
  readonly address: string;
  /** The URL without its password, for messages. */
  readonly text: string;
}

/** The options that choose a store. */
export interface StoreOptions {
  readonly store: StorePlace;
  readonly name?: string;
  readonly table?: string;
  readonly multiStream?: boolean;
  readonly storeEndpoint?: string;
  /** `false` with `--no-coordinator`. */
  readonly coordinator: boolean;
}

/** A store that is open. */
export interface OpenStore {
  readonly checkpointer: Checkpointer;
  close(): Promise<void>;
}

const FORMS =
  "dynamodb:<table>, redis://host:6379, postgres://user@host/database, sqlite:<path> or kv:<path>";

/** Adds the options to a command. Without `isOptional`, the command needs a store. */
export function addStoreOptions(
  command: Command,
  { isOptional = false }: { isOptional?: boolean } = {},
): Command {
  const store = new Option(
    "--store <url>",
    `the store of checkpoints: ${FORMS}`,
  )
    .argParser(storePlace);
  return command
    .addOption(isOptional ? store : store.makeOptionMandatory())
    .option(
      "--name <application>",
      "the name of the application; not for dynamodb",
    )
    .option("--table <name>", "the table in SQL (default: kinesis_leases)")
    .option("--multi-stream", "the table in DynamoDB holds many streams")
    .option("--store-endpoint <url>", "the URL of an emulator of DynamoDB")
    .option("--no-coordinator", "do not read the state of a KCL 3 in DynamoDB");
}

/** Reads the URL of a store. */
function storePlace(text: string): StorePlace {
  const [, scheme = "", rest = ""] = text.match(/^([a-z]+):(.*)$/s) ?? [];
  const kind = scheme === "rediss"
    ? "redis"
    : scheme === "postgresql"
    ? "postgres"
    : scheme;
  const isServer = kind === "redis" || kind === "postgres";
  const isRight = isServer ? /^\/\/[^/]/.test(rest) : rest !== "";
  if (!Object.hasOwn(OPENERS, kind) || !isRight) {
    throw new InvalidArgumentError(`It must be ${FORMS}.`);
  }
  return {
    kind: kind as StorePlace["kind"],
    address: isServer ? text : rest,
    text: text.replace(/(:\/\/[^:@/]*):[^@/]*@/, "$1:…@"),
  };
}

/**
 * Opens a store. Creates nothing in it.
 *
 * @throws {WrongUsage} if the options do not fit the store
 * @throws {Failure} if the store cannot be opened
 */
export async function openStore(
  context: Context,
  options: StoreOptions,
): Promise<OpenStore> {
  const { store, name, table, multiStream, storeEndpoint, coordinator } =
    options;
  const isDynamoDB = store.kind === "dynamodb";
  const isSql = store.kind === "sqlite" || store.kind === "postgres";
  const only = (isWrong: boolean, option: string, kinds: string) => {
    if (isWrong) throw new WrongUsage(`${option} is only for ${kinds}`);
  };
  only(table !== undefined && !isSql, "--table", "sqlite and postgres");
  only(multiStream === true && !isDynamoDB, "--multi-stream", "dynamodb");
  only(
    storeEndpoint !== undefined && !isDynamoDB,
    "--store-endpoint",
    "dynamodb",
  );
  only(!coordinator && !isDynamoDB, "--no-coordinator", "dynamodb");
  if (isDynamoDB && name !== undefined) {
    throw new WrongUsage(
      "--name is not for dynamodb: the table is the application",
    );
  }
  if (!isDynamoDB && name === undefined) {
    throw new WrongUsage(
      "--name is missing: the name that the checkpointer of the application has",
    );
  }
  return await OPENERS[store.kind](store.address, options, context);
}

type Opener = (
  address: string,
  options: StoreOptions,
  context: Context,
) => Promise<OpenStore>;

const OPENERS = {
  // Async, so that all of them reject.
  // deno-lint-ignore require-await
  async dynamodb(
    tableName,
    { multiStream, storeEndpoint, coordinator },
    context,
  ) {
    const { region, profile } = context.connection();
    const checkpointer = new DynamoDBCheckpointer({
      ...{ tableName, region, multiStream, endpoint: storeEndpoint },
      environment: environmentOf(profile),
      ...(!coordinator && { coordinatorTableName: false }),
    });
    return { checkpointer, close: async () => {} };
  },
  async redis(url, { name }) {
    const { redis, close } = await openRedis(url);
    return {
      checkpointer: new RedisCheckpointer({ redis, name: name! }),
      close,
    };
  },
  async postgres(url, { name, table }) {
    const { connection, close } = await openPostgres(url);
    return { checkpointer: sql(connection, name!, table), close };
  },
  async sqlite(path, { name, table }) {
    const { connection, close } = await openSqlite(path);
    return { checkpointer: sql(connection, name!, table), close };
  },
  async kv(path, { name }) {
    if (typeof Deno === "undefined" || Deno.openKv === undefined) {
      throw new Failure(
        "Deno KV needs Deno with --unstable-kv: deno run -A --unstable-kv jsr:@webstreams/kinesis/cli",
      );
    }
    // Deno Deploy has URLs. A file that is missing would be created.
    if (!/^https?:/.test(path)) await checkFile(path);
    const kv = await Deno.openKv(path);
    const close = () => Promise.resolve(kv.close());
    return { checkpointer: new KvCheckpointer({ kv, name: name! }), close };
  },
} satisfies Record<string, Opener>;

function sql(
  connection: ConstructorParameters<typeof SqlCheckpointer>[0]["connection"],
  name: string,
  table: string | undefined,
): Checkpointer {
  return new SqlCheckpointer({ connection, name, table, createTable: false });
}

/** Files are not created: a wrong path would look like an application without progress. */
async function checkFile(path: string): Promise<void> {
  const { stat } = await import("node:fs/promises");
  await stat(path).catch((error) => {
    throw new Failure(`Cannot open ${path}: ${(error as Error).message}`);
  });
}
