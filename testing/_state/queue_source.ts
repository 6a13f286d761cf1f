/**
 * Reads the records of a stream for a queue, each record once.
 *
 * @module
 */
import type { SourceRecord } from "./queue_entry.ts";
import type { Shard } from "./shard.ts";
import type { Stream } from "./stream.ts";

/** Where a queue starts, in the API's terms. */
export interface QueueStart {
  readonly type: "TRIM_HORIZON" | "LATEST" | "AT_TIMESTAMP";
  /** Milliseconds since the epoch. Present only with AT_TIMESTAMP. */
  readonly timestamp?: number;
}

/** Reads all shards of a stream from a starting position on. */
export class QueueSource {
  readonly #stream: Stream;
  /** The offset of the next record of each shard. A shard that is missing is read from its start. */
  #next: ReadonlyMap<Shard, number>;
  /** The time of the starting position, in milliseconds since the epoch. */
  readonly startsAt: number;

  /** Starts at a position. */
  constructor(stream: Stream, start: QueueStart, now: number) {
    this.#stream = stream;
    const oldest = Math.max(stream.createdAt, stream.horizon(now));
    const startsAt = start.type === "LATEST"
      ? now
      : Math.max(oldest, start.timestamp ?? oldest);
    this.startsAt = startsAt;
    this.#next = new Map(
      [...stream.shards.all].map((shard) => [
        shard,
        start.type === "LATEST"
          ? shard.log.nextOffset
          : shard.log.seek(({ time }) => time < startsAt),
      ]),
    );
  }

  /** The records that arrived since the last call, in the order of their arrival. */
  read(now: number): SourceRecord[] {
    const records: SourceRecord[] = [];
    const next = new Map<Shard, number>();
    const horizon = this.#stream.horizon(now);
    for (const shard of this.#stream.shards.all) {
      const { log } = shard;
      let offset = Math.max(this.#next.get(shard) ?? 0, log.firstOffset);
      for (; offset < log.nextOffset; offset++) {
        const record = log.at(offset)!;
        if (record.time >= horizon) records.push({ record, shard, offset });
      }
      next.set(shard, offset);
    }
    this.#next = next;
    return records.sort((a, b) => a.record.time - b.record.time);
  }
}
