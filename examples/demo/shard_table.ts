/**
 * What each shard gave: counted while records arrive, shown as a table at the end.
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

  /** Starts with no shard, for a data set of so many records. */
  constructor(total: number) {
    this.#total = total;
  }

  /** Takes note of an arrival. */
  arrive(shardId: string, position: number, isFirst: boolean): void {
    let shard = this.#counts.get(shardId);
    if (!shard) {
      this.#counts.set(shardId, shard = { records: 0, again: 0, position: 0 });
    }
    if (isFirst) shard.records++;
    else shard.again++;
    shard.position = Math.max(shard.position, position + 1);
  }

  /** Takes note of what the consumer says of its shards. */
  update(status: readonly ShardStatus[]): void {
    this.#status = status;
  }

  /** Whether every shard has been read to its end or its tip, and that is known to be so for all of them. */
  get isSettled(): boolean {
    return this.#status.length > 0 &&
      this.#status.every(({ state }) =>
        state === "finished" || state === "caught-up"
      );
  }

  /** How far each shard is in the data set, in short. */
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

/** Pads cells to the widest of their column; those with numbers to the right. */
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
