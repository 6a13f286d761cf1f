/**
 * Makes sure that a lease table exists and may be used, before its rows are read or written.
 *
 * @module
 */
import { NOT_FOUND } from "../_aws/service_error.ts";
import { monotonicNow } from "../_core/clock.ts";
import { SharedCall } from "../_core/shared_call.ts";
import { waitFor } from "../_service/wait.ts";
import { KinesisError, ServiceError } from "../errors.ts";
import {
  type DynamoDBClient,
  hasCode,
  type Item,
  type TableDescription,
} from "./_dynamodb_client.ts";

/** Options of a {@linkcode TableGate}. */
export interface TableGateOptions {
  /** The lease table. */
  readonly tableName: string;
  /** Whether to create the table if it does not exist. */
  readonly createTable: boolean;
  /** The table in which KCL 3 says how its workers run. `undefined` if it is not to be read. */
  readonly coordinatorTableName: string | undefined;
}

/**
 * How long a look at the state of KCL 3 counts, in milliseconds. Its workers may change to their
 * own mode while this worker runs.
 */
const LOOK_AGAIN_MS = 60_000;

/** The key of the row with the state of KCL 3. */
const MIGRATION_KEY = "Migration3.0";
/** The states in which the workers of KCL 3 take leases as those of KCL 2 do. */
const COMPATIBLE = new Set([
  "CLIENT_VERSION_2X",
  "CLIENT_VERSION_UPGRADE_FROM_2X",
]);

/** Lets calls pass once the table exists and no KCL 3 runs it in its own mode. */
export class TableGate {
  readonly #client: DynamoDBClient;
  readonly #options: TableGateOptions;
  readonly #opening: SharedCall<void>;
  #isOpen = false;
  #lookedAt = 0;

  /** Sends nothing before the first call. */
  constructor(client: DynamoDBClient, options: TableGateOptions) {
    this.#client = client;
    this.#options = options;
    this.#opening = new SharedCall(() => this.#open(), client.options.clock);
  }

  /**
   * Resolves when the table may be used.
   *
   * @throws {KinesisError} `LeaseTableOfKcl3` if KCL 3 runs the table in its own mode
   * @throws {WaiterError} if the table is not created in time
   */
  async pass(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#isOpen) await this.#opening.run(signal);
  }

  /** Looks at the state of KCL 3 if the last look was more than a minute ago. */
  async lookAgain(signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#client.options;
    if (monotonicNow(clock) - this.#lookedAt < LOOK_AGAIN_MS) return;
    await this.#look(signal);
  }

  /** Checks a row that is not a lease. KCL 3.5 keeps its state in the lease table. */
  checkOther(item: Item): void {
    if (item.leaseKey?.S === MIGRATION_KEY) {
      this.#checkState(item, this.#options.tableName);
    }
  }

  async #open(): Promise<void> {
    if (this.#options.createTable) await this.#create();
    await this.#look(undefined);
    this.#isOpen = true;
  }

  async #create(): Promise<void> {
    const { tableName } = this.#options;
    if (!await this.#describe()) {
      try {
        await this.#client.read("CreateTable", {
          TableName: tableName,
          KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
          AttributeDefinitions: [
            { AttributeName: "leaseKey", AttributeType: "S" },
          ],
          BillingMode: "PAY_PER_REQUEST",
        });
      } catch (error) {
        // Another worker was faster.
        if (!hasCode(error, "ResourceInUseException")) throw error;
      }
    }
    await waitFor(
      {
        what: `table "${tableName}"`,
        wanted: "ACTIVE",
        describe: () => this.#describe(),
        stateOf: (table) => {
          // A table that was just created may not be described yet.
          const { TableStatus = "CREATING" } = table ?? {};
          return TableStatus === "UPDATING" ? "ACTIVE" : TableStatus;
        },
      },
      {},
      this.#client.options,
    );
  }

  async #describe(): Promise<Partial<TableDescription> | undefined> {
    const { tableName: TableName } = this.#options;
    try {
      return (await this.#client.read("DescribeTable", { TableName })).Table;
    } catch (error) {
      if (hasCode(error, NOT_FOUND)) return undefined;
      throw error;
    }
  }

  async #look(signal: AbortSignal | undefined): Promise<void> {
    const { coordinatorTableName: table } = this.#options;
    if (table !== undefined) {
      const state = await this.#stateIn(table, signal);
      if (state) this.#checkState(state, table);
    }
    this.#lookedAt = monotonicNow(this.#client.options.clock);
  }

  /** The state of KCL 3. `undefined` if there is no such table or row. */
  async #stateIn(
    table: string,
    signal: AbortSignal | undefined,
  ): Promise<Item | undefined> {
    try {
      const request = {
        TableName: table,
        Key: { key: { S: MIGRATION_KEY } },
        ConsistentRead: true,
      };
      return (await this.#client.read("GetItem", request, { signal })).Item;
    } catch (error) {
      if (hasCode(error, NOT_FOUND)) return undefined;
      if (!(error instanceof ServiceError) || error.retryable) throw error;
      throw new KinesisError(
        `Cannot use the lease table "${this.#options.tableName}" as the table "${table}", ` +
          "in which KCL 3 says how its workers run, cannot be read: allow dynamodb:GetItem for it, " +
          "or, if no KCL 3 uses this lease table, pass 'coordinatorTableName: false'",
        { code: "CoordinatorStateUnknown", cause: error },
      );
    }
  }

  #checkState(state: Item, table: string): void {
    const version = state.cv?.S;
    if (version === undefined || COMPATIBLE.has(version)) return;
    throw new KinesisError(
      `Cannot use the lease table "${this.#options.tableName}" as KCL 3 assigns its leases ` +
        `(the state in the table "${table}" is ${version}): both would take leases from each other. ` +
        "Give this application a table of its own, or take the KCL back to the mode that is " +
        "compatible with 2.x, with its migration tool",
      { code: "LeaseTableOfKcl3" },
    );
  }
}
