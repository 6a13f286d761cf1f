/**
 * JSON lines of one predicted shard in one record, as aggregation does it: for tests of what
 * depends on the shard map.
 *
 * @module
 */
import { hashKeyOf } from "../../_aws/hash_key.ts";
import {
  jsonLines,
  type Packer,
  type Processor,
} from "../../processors/mod.ts";
import type { PackerOptions } from "../../processors/mod.ts";
import type { Put } from "../../records.ts";

const encoder = new TextEncoder();

/** Holds up to `most` values a record. */
export function shardLines<T>(most = 5): Processor<T> {
  return {
    ...jsonLines<T>(),
    name: "shardLines",
    scope: "shard",
    createPacker<P extends Put<T>>(
      { emit, shardOf }: PackerOptions<P>,
    ): Packer<P> {
      const open = new Map<string, P[]>();
      const close = (shardId: string, puts: P[]) => {
        open.delete(shardId);
        const lines = puts.map(({ value }) => JSON.stringify(value) + "\n");
        const data = encoder.encode(lines.join(""));
        const [{ partitionKey, explicitHashKey }] = puts as [P, ...P[]];
        emit({
          data,
          partitionKey,
          explicitHashKey: explicitHashKey ?? String(hashKeyOf(partitionKey)),
          size: data.length + partitionKey.length,
          puts,
        });
      };
      return {
        get pending() {
          let count = 0;
          for (const puts of open.values()) count += puts.length;
          return count;
        },
        push(put) {
          const shardId = shardOf?.(put.partitionKey, put.explicitHashKey);
          if (shardId === undefined) return close("", [put]);
          const puts = open.get(shardId) ?? [];
          if (puts.push(put) === 1) open.set(shardId, puts);
          if (puts.length >= most) close(shardId, puts);
        },
        flush() {
          for (const [shardId, puts] of open) close(shardId, puts);
        },
      };
    },
  };
}
