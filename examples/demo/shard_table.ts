/**
 * The records of each shard: counted as they arrive, and printed as a table at the end.
 *
 * @module
 */
import type { ShardStatus } from "@webstreams/kinesis";
import { count, percent, shardNumber } from "./progress.ts";

interface ShardCount {
  records: number;
  again: number;
  position: number;
}

/** Counts arrivals by shard. */
export class ShardTable {
  readonly #total: number;
  readonly #counts = new Map<string, ShardCount>();
  #status: readonly ShardStatus[] = [];

  /** Starts without shards, for a data set of `total` records. */
  constructor(total: number) {
    this.#total = total;
  }

  /** Counts an arrival. */
  arrive(shardId: string, position: number, isFirst: boolean): void {
    let shard = this.#counts.get(shardId);
    if (!shard) {
      this.#counts.set(shardId, shard = { records: 0, again: 0, position: 0 });
    }
    if (isFirst) shard.records++;
    else shard.again++;
    shard.position = Math.max(shard.position, position + 1);
  }

  /** Keeps the latest status of the shards. */
  update(status: readonly ShardStatus[]): void {
    this.#status = status;
  }

  /** Whether the status says that every shard was read to its end or to its latest record. */
  get isSettled(): boolean {
    return this.#status.length > 0 &&
      this.#status.every(({ state }) =>
        state === "finished" || state === "caught-up"
      );
  }

  /** The position of each shard in the data set, for example `0: 45%`. */
  positions(): string[] {
    return this.#status.map(({ shardId, state }) => {
      const where = state === "finished" ? "done" : this.#position(shardId);
      return `${shardNumber(shardId)}: ${where}`;
    });
  }

  /** The lines of the table. */
  lines(): string[] {
    const rows = this.#status.map(({ shardId, parentShardIds, state }) => {
      const { records = 0, again = 0 } = this.#counts.get(shardId) ?? {};
      return [
        shardId,
        parentShardIds.map(shardNumber).join(" + ") || "-",
        count(records),
        count(again),
        this.#position(shardId),
        state,
      ];
    });
    const sum = (key: "records" | "again") =>
      count([...this.#counts.values()].reduce((all, c) => all + c[key], 0));
    return align([
      ["shard", "parents", "records", "again", "up to", "state"],
      ...rows,
      ["all", "", sum("records"), sum("again"), "", ""],
    ]);
  }

  #position(shardId: string): string {
    const position = this.#counts.get(shardId)?.position ?? 0;
    return percent(position / this.#total);
  }
}

/** Pads the cells of each column to one width. Numbers are aligned to the right. */
function align(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  const isNumber = (column: number) => column >= 2 && column <= 4;
  return rows.map((row) =>
    row.map((cell, column) =>
      isNumber(column)
        ? cell.padStart(widths[column]!)
        : cell.padEnd(widths[column]!)
    ).join("  ").trimEnd()
  );
}
