/**
 * A checkpointer on DynamoDB, in the lease table of the Kinesis Client Library for Java (KCL).
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import type { ServiceOptions } from "../_service/options.ts";
import { ResponseError } from "../errors.ts";
import type { Checkpoint } from "../records.ts";
import { DynamoDBClient, type Item } from "./_dynamodb_client.ts";
import { layoutOf } from "./_dynamodb_layout.ts";
import { decodeRow, isLeaseRow, type RowContext } from "./_dynamodb_row.ts";
import { TableGate } from "./_dynamodb_table.ts";
import {
  checkpointing,
  creating,
  deleting,
  type HeldLease,
  releasing,
  renewing,
  replacing,
  requesting,
  taking,
} from "./_dynamodb_writes.ts";
import type {
  Checkpointer,
  CheckpointerCallOptions,
  HolderCallOptions,
  Lease,
  NewLease,
} from "./checkpointer.ts";

/**
 * Options of {@linkcode DynamoDBCheckpointer}. Those of the requests have the meaning that they
 * have for `KinesisClient`, so one object may be passed to both.
 */
export interface DynamoDBCheckpointerOptions extends ServiceOptions {
  /**
   * The lease table: its name or ARN. For a table of the KCL, the name of the application, unless
   * the KCL has another one. Consumers with the same table share the shards of a stream. Consumers
   * with different tables each read the whole stream.
   */
  tableName: string;
  /**
   * Whether the first call creates the table if it does not exist, with on-demand capacity, and
   * waits until it is `ACTIVE`: usually 10 to 20 seconds, at most 5 minutes. Needs
   * `dynamodb:CreateTable` and `dynamodb:DescribeTable`.
   * @default {false}
   */
  createTable?: boolean;
  /**
   * Whether the table holds many streams, in the layout of the KCL for many streams. An object has
   * the identifier of the KCL for each stream,
   * `{ orders: "123456789012:orders:1700000000" }`: the account, the name, and when the stream was
   * created, in seconds since the epoch. A KCL can share the table only with such identifiers. With
   * `true`, the identifier is the name or ARN that the consumer was given. With `false`, the table
   * holds one stream, and a second one is refused.
   * @default {false}
   */
  multiStream?: boolean | Readonly<Record<string, string>>;
  /**
   * The table in which KCL 3 says how its workers run. It is read before the first call, and then
   * with a list at most once a minute. Needs `dynamodb:GetItem` for that table, also if it does not
   * exist. `false`: it is not read, because no KCL 3 uses the lease table.
   * @default {`${tableName}-CoordinatorState`}
   */
  coordinatorTableName?: string | false;
  /**
   * The time from which shards are read that a KCL left at AT_TIMESTAMP: the KCL stores no time.
   * Without it, such a row is an error. The rows of this library have their time.
   */
  kclTimestamp?: Date;
  /**
   * What a KCL does when it takes over at a record of which some values are processed. `"exact"`:
   * it goes on at the next value, which is right for KPL records and for single values. `"repeat"`:
   * it reads the whole record again. Choose `"repeat"` if a KCL reads records with several values
   * in another format, such as `jsonLines()`: to the KCL such a record is one value, and with
   * `"exact"` it would skip the values that are not processed. Consumers of this library go on at
   * the next value with both.
   * @default {"exact"}
   */
  partialRecords?: "exact" | "repeat";
  /**
   * The URL that requests are sent to, in place of the endpoint of the region. Default:
   * `AWS_ENDPOINT_URL_DYNAMODB`, then `AWS_ENDPOINT_URL`, then `endpoint_url` for `dynamodb` in the
   * `services` section of the profile, then `endpoint_url` of the profile, else the endpoint of the
   * region.
   */
  endpoint?: string | URL;
}

const check = new OptionCheck("Cannot create DynamoDBCheckpointer");
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
/** The options that other services do not have. */
const OWN: Record<
  Exclude<keyof DynamoDBCheckpointerOptions, keyof ServiceOptions>,
  true
> = {
  tableName: true,
  createTable: true,
  multiStream: true,
  coordinatorTableName: true,
  kclTimestamp: true,
  partialRecords: true,
};
const TABLE_NAME = /^([\w.-]{3,255}|arn:.{1,1020})$/;

/**
 * Keeps leases in a DynamoDB table that has the layout of the lease table of the KCL 2.x. Consumers
 * can share the table with workers of the KCL, and each goes on at the checkpoints of the other.
 *
 * Durability: a write that has resolved is stored in several data centers of the region. Lists are
 * consistent reads. Every write is one conditional request, so it is atomic across processes.
 *
 * A write is sent again only if the answer says that it did not happen: a throttle, a refused
 * signature, expired credentials. After a status of 5xx, a time limit or a broken connection the
 * call rejects, because the write may have happened.
 *
 * Costs, permissions, and how to run it beside the KCL: `docs/checkpoints.md`.
 *
 * @example
 * ```ts
 * import { DynamoDBCheckpointer } from "@webstreams/kinesis/checkpoint";
 * import { assertEquals } from "@std/assert";
 *
 * const checkpointer = new DynamoDBCheckpointer({
 *   tableName: "billing",
 *   region: "eu-west-1",
 *   createTable: true,
 *   // Leave these two out for AWS.
 *   credentials: { accessKeyId: "id", secretAccessKey: "secret" },
 *   fetch: (_url, init) => {
 *     const action = new Headers(init?.headers).get("x-amz-target")?.split(".")[1];
 *     const answer = action === "DescribeTable"
 *       ? { Table: { TableStatus: "ACTIVE" } }
 *       : action === "Scan"
 *       ? { Items: [] }
 *       : {};
 *     return Promise.resolve(Response.json(answer));
 *   },
 * });
 * assertEquals(await checkpointer.list("orders"), []);
 * ```
 */
export class DynamoDBCheckpointer implements Checkpointer {
  readonly #client: DynamoDBClient;
  readonly #gate: TableGate;
  readonly #rows: RowContext;

  /**
   * Makes a checkpointer. It sends nothing and reads no variables or files before the first call.
   *
   * @throws {TypeError} if an option has a wrong type or format, or two options exclude each other
   * @throws {RangeError} if a number is out of its range
   * @throws {CredentialsError} `InvalidCredentials` if `credentials` cannot be used
   */
  constructor(options: DynamoDBCheckpointerOptions) {
    check.object("options", options ?? null);
    const { tableName, kclTimestamp, coordinatorTableName } = options;
    if (typeof tableName !== "string" || !TABLE_NAME.test(tableName)) {
      const rule = "an ARN, or 3 to 255 letters, digits and _.-";
      throw new TypeError(check.message("tableName", rule, tableName));
    }
    if (
      kclTimestamp !== undefined && !Number.isFinite(kclTimestamp?.getTime?.())
    ) {
      const rule = "a valid Date";
      throw new TypeError(check.message("kclTimestamp", rule, kclTimestamp));
    }
    const layout = layoutOf(tableName, options.multiStream, check);
    const partialRecords = check.choice(
      "partialRecords",
      options.partialRecords,
      ["exact", "repeat"],
      "exact",
    );
    this.#rows = { tableName, layout, kclTimestamp, partialRecords };
    this.#client = new DynamoDBClient(options, Object.keys(OWN));
    this.#gate = new TableGate(this.#client, {
      tableName,
      createTable: check.type("createTable", options.createTable, "boolean") ??
        false,
      coordinatorTableName: coordinatorTableName === false
        ? undefined
        : check.text("coordinatorTableName", coordinatorTableName) ??
          `${tableName}-CoordinatorState`,
    });
  }

  /**
   * Resolves when the table may be used: creates it if `createTable` says so, and makes sure that
   * no KCL 3 runs it in its own mode. The other methods do the same before their first request.
   * Call it before a consumer starts if the table may have to be created, which can take longer
   * than the time limit of the consumer's first list.
   *
   * @throws {KinesisError} `LeaseTableOfKcl3` if KCL 3 runs the table in its own mode,
   * `CoordinatorStateUnknown` if its state cannot be read
   * @throws {WaiterError} if the table is not created within 5 minutes
   */
  async ready({ signal }: CheckpointerCallOptions = {}): Promise<void> {
    await this.#gate.pass(signal);
  }

  /**
   * All leases of a stream. DynamoDB returns pages of up to 1 MiB, so they need not show the same
   * moment.
   *
   * @throws {StoredLeaseError} if a row is damaged or was written by a newer release
   * @throws {KinesisError} `TableOfOtherStream` if the table has another stream or layout,
   * `LeaseTableOfKcl3` if KCL 3 runs the table in its own mode
   */
  async list(
    streamName: string,
    { signal }: CheckpointerCallOptions = {},
  ): Promise<Lease[]> {
    const { tableName, layout } = this.#rows;
    const request = {
      TableName: tableName,
      ConsistentRead: true,
      ...layout.filterOf(streamName),
    };
    await this.#gate.pass(signal);
    await this.#gate.lookAgain(signal);
    const leases: Lease[] = [];
    let next: Item | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await this.#client.read(
        "Scan",
        { ...request, ...(next && { ExclusiveStartKey: next }) },
        { signal },
      );
      for (const item of Items) {
        if (!isLeaseRow(item)) this.#gate.checkOther(item);
        else leases.push(decodeRow(item, streamName, this.#rows));
      }
      if (next && LastEvaluatedKey?.leaseKey?.S === next.leaseKey?.S) {
        throw new ResponseError(
          `Cannot list the leases of ${streamName}: two pages of the table "${tableName}" end at the same row`,
          { status: 200 },
        );
      }
      next = LastEvaluatedKey;
    } while (next);
    return leases;
  }

  /**
   * Stores a lease if there is none for that shard. Resolves with whether it did.
   *
   * @throws {TypeError} if the lease has an empty id or a checkpoint that is not one
   */
  async create(
    lease: NewLease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean> {
    const request = creating(this.#rows, lease);
    return await this.#write("PutItem", request, options) !== undefined;
  }

  /**
   * Makes `owner` the holder. Resolves with the stored lease, or with `undefined` if its counter
   * has moved.
   *
   * @throws {TypeError} if the owner is empty
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async take(
    lease: Lease,
    owner: string,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    return await this.#update(lease, taking(this.#rows, lease, owner), options);
  }

  /**
   * Adds 1 to the counter. Resolves with the stored lease, or with `undefined` if the lease is
   * lost, or if a KCL 3 has asked for it.
   *
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async renew(
    lease: Lease,
    options?: HolderCallOptions,
  ): Promise<Lease | undefined> {
    return await this.#updateHeld(
      lease,
      (held) => renewing(this.#rows, held, options),
      options,
    );
  }

  /**
   * Sets the checkpoint. Resolves with the stored lease, or with `undefined` if the lease is lost.
   *
   * @throws {TypeError} if the checkpoint is not one, for example has an invalid date
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async checkpoint(
    lease: Lease,
    checkpoint: Checkpoint,
    options?: HolderCallOptions,
  ): Promise<Lease | undefined> {
    return await this.#updateHeld(
      lease,
      (held) => checkpointing(this.#rows, held, checkpoint, options),
      options,
    );
  }

  /**
   * Removes the owner. Resolves with the stored lease, or with `undefined` if the lease is lost.
   *
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async release(
    lease: Lease,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    return await this.#updateHeld(
      lease,
      (held) => releasing(this.#rows, held),
      options,
    );
  }

  /**
   * Asks the holder for the lease, or withdraws that. Resolves with the stored lease, or with
   * `undefined` if its owner or requester is another one. A KCL does not answer.
   *
   * @throws {TypeError} if the requester is empty
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async request(
    lease: Lease,
    requester: string | undefined,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    return await this.#updateHeld(
      lease,
      (held) => requesting(this.#rows, held, requester),
      options,
    );
  }

  /**
   * Replaces the lease by another one if its counter has not moved. Resolves with whether it did.
   * Attributes of the KCL go with the earlier row.
   *
   * @throws {TypeError} if `next` has a checkpoint that is not one
   */
  async replace(
    lease: Lease,
    next: NewLease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean> {
    const request = replacing(this.#rows, lease, next);
    return await this.#write("PutItem", request, options) !== undefined;
  }

  /** Deletes the lease if its counter has not moved. Resolves with whether it did. */
  async delete(
    lease: Lease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean> {
    const request = deleting(this.#rows, lease);
    return await this.#write("DeleteItem", request, options) !== undefined;
  }

  /** A write of the holder. Without an owner it is refused. */
  async #updateHeld(
    lease: Lease,
    requestOf: (held: HeldLease) => object,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    const { owner } = lease;
    if (owner !== undefined) {
      const request = requestOf({ ...lease, owner });
      return await this.#update(lease, request, options);
    }
    options?.signal?.throwIfAborted();
    return undefined;
  }

  async #update(
    { streamName }: Lease,
    request: object,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    const answer = await this.#write("UpdateItem", request, options);
    return answer && decodeRow(answer.Attributes ?? {}, streamName, this.#rows);
  }

  async #write(
    action: string,
    request: object,
    { signal }: CheckpointerCallOptions = {},
  ) {
    await this.#gate.pass(signal);
    return await this.#client.write(action, request, { signal });
  }
}
