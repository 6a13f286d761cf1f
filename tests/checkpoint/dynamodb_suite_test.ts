import type { Checkpointer, Lease } from "../../checkpoint/mod.ts";
import { checkpointerSuite } from "../conformance/checkpointer_suite.ts";
import { Tables } from "./_dynamodb_fixtures.ts";

/** Makes what a table name stands for once. */
function once<T>(make: (table: string) => T): (table: string) => T {
  const made = new Map<string, T>();
  return (table) => {
    if (!made.has(table)) made.set(table, make(table));
    return made.get(table)!;
  };
}

checkpointerSuite(
  "DynamoDBCheckpointer with many streams in a table",
  async () => {
    const tables = await Tables.start();
    return {
      async open(name) {
        await tables.createOnce(`app-${name}`);
        return tables.open(`app-${name}`, { multiStream: true });
      },
      close: tables.close,
    };
  },
  { modelRuns: 10 },
);

/** One table for each stream, as a program with several streams has it. */
class TablePerStream implements Checkpointer {
  readonly #of: (streamName: string) => Promise<Checkpointer>;

  constructor(open: (streamName: string) => Promise<Checkpointer>) {
    this.#of = once(open);
  }

  list: Checkpointer["list"] = async (streamName, options) =>
    (await this.#of(streamName)).list(streamName, options);
  create: Checkpointer["create"] = async (lease, options) =>
    (await this.#of(lease.streamName)).create(lease, options);
  take: Checkpointer["take"] = async (lease: Lease, owner, options) =>
    (await this.#of(lease.streamName)).take(lease, owner, options);
  renew: Checkpointer["renew"] = async (lease, options) =>
    (await this.#of(lease.streamName)).renew(lease, options);
  checkpoint: Checkpointer["checkpoint"] = async (lease, position, options) =>
    (await this.#of(lease.streamName)).checkpoint(lease, position, options);
  release: Checkpointer["release"] = async (lease, options) =>
    (await this.#of(lease.streamName)).release(lease, options);
  request: Checkpointer["request"] = async (lease, requester, options) =>
    (await this.#of(lease.streamName)).request(lease, requester, options);
  replace: Checkpointer["replace"] = async (lease, next, options) =>
    (await this.#of(lease.streamName)).replace(lease, next, options);
  delete: Checkpointer["delete"] = async (lease, options) =>
    (await this.#of(lease.streamName)).delete(lease, options);
}

checkpointerSuite(
  "DynamoDBCheckpointer with a table for each stream",
  async () => {
    const tables = await Tables.start();
    const nameOf = once(() => `stream-${count++}`);
    let count = 0;
    return {
      open: (name) =>
        new TablePerStream(async (streamName) => {
          const table = `${name}-${nameOf(streamName)}`;
          await tables.createOnce(table);
          return tables.open(table);
        }),
      close: tables.close,
    };
  },
  { modelRuns: 10 },
);
