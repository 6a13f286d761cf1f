/**
 * Lease tables in dynalite, and their rows as they are stored.
 *
 * @module
 */
import { assert } from "@std/assert";
import {
  DynamoDBCheckpointer,
  type DynamoDBCheckpointerOptions,
} from "../../checkpoint/mod.ts";
import { type DynaliteOptions, startDynalite } from "../_services/dynalite.ts";

/** A row, or another part of a request or answer. */
// deno-lint-ignore no-explicit-any -- the tests compare it as a whole
export type Raw = any;

export const CREDENTIALS = { accessKeyId: "id", secretAccessKey: "secret" };

/** A running dynalite. */
export class Tables implements AsyncDisposable {
  readonly endpoint: string;
  readonly close: () => Promise<void>;
  readonly #created = new Map<string, Promise<void>>();

  constructor(service: { endpoint: string; close(): Promise<void> }) {
    this.endpoint = service.endpoint;
    this.close = service.close;
  }

  static async start(options?: DynaliteOptions): Promise<Tables> {
    return new Tables(await startDynalite(options));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Calls DynamoDB without the code under test. */
  async call(action: string, request: object): Promise<Raw> {
    const response = await fetch(this.endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": `DynamoDB_20120810.${action}`,
        "x-amz-date": "20200101T000000Z",
        authorization:
          "AWS4-HMAC-SHA256 Credential=id/20200101/us-east-1/dynamodb/aws4_request, " +
          "SignedHeaders=host, Signature=0",
      },
      body: JSON.stringify(request),
    });
    const answer = await response.json();
    assert(response.ok, `${action}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Creates a table, by default one for leases, and waits until it is active. */
  async create(TableName: string, AttributeName = "leaseKey"): Promise<void> {
    await this.call("CreateTable", {
      TableName,
      KeySchema: [{ AttributeName, KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName, AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    });
    for (;;) {
      const { Table } = await this.call("DescribeTable", { TableName });
      if (Table.TableStatus === "ACTIVE") return;
    }
  }

  /** Like {@linkcode Tables.create}. A table that this method has created before is left alone. */
  createOnce(tableName: string): Promise<void> {
    let created = this.#created.get(tableName);
    if (!created) {
      created = this.create(tableName);
      this.#created.set(tableName, created);
    }
    return created;
  }

  /** Deletes a table, and waits until it is gone. */
  async drop(TableName: string): Promise<void> {
    await this.call("DeleteTable", { TableName });
    for (;;) {
      const { TableNames } = await this.call("ListTables", {});
      if (!TableNames.includes(TableName)) return;
    }
  }

  /** All rows of a table, by their keys. */
  async rows(TableName: string): Promise<Record<string, Raw>> {
    const { Items } = await this.call("Scan", { TableName });
    return Object.fromEntries(
      Items.map(({ leaseKey, ...row }: Raw) => [leaseKey.S, row]),
    );
  }

  /** Stores a row, as another program would. */
  async put(TableName: string, Item: object): Promise<void> {
    await this.call("PutItem", { TableName, Item });
  }

  /** Opens a checkpointer. */
  open(
    tableName: string,
    options: Partial<DynamoDBCheckpointerOptions> = {},
  ): DynamoDBCheckpointer {
    return new DynamoDBCheckpointer({
      tableName,
      endpoint: this.endpoint,
      credentials: CREDENTIALS,
      ...options,
    });
  }
}
