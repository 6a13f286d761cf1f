/**
 * Shard iterators. An iterator holds a log offset in a shard and the time at which it was issued.
 *
 * @module
 */
import type { Account } from "../_state/account.ts";
import { ITERATOR_LIFE_MS } from "../_state/limits.ts";
import type { Shard } from "../_state/shard.ts";
import type { Stream } from "../_state/stream.ts";
import { invalidArgument, ServiceFault } from "../_wire/service_error.ts";
import type { TokenCodec } from "../_wire/tokens.ts";

/** Makes an iterator that starts at a log offset. */
export function createIterator(
  tokens: TokenCodec,
  stream: Stream,
  shard: Shard,
  offset: number,
  now: number,
): string {
  return tokens.encode("iterator", [
    stream.name,
    stream.createdAt,
    shard.id,
    offset,
    now,
  ]);
}

/**
 * The position of an iterator. Throws if this server did not issue it or it is older than 5
 * minutes.
 */
export function readIterator(
  tokens: TokenCodec,
  account: Account,
  iterator: string,
): { stream: Stream; shard: Shard; offset: number } {
  const values = tokens.decode("iterator", iterator);
  if (!values) throw invalidArgument("Invalid ShardIterator.");
  const [name, createdAt, shardId, offset, issuedAt] = values as [
    string,
    number,
    string,
    number,
    number,
  ];
  const { now } = account;
  if (now - issuedAt > ITERATOR_LIFE_MS) {
    throw new ServiceFault(
      "ExpiredIteratorException",
      `Iterator expired. The iterator was created at time ${
        new Date(issuedAt).toUTCString()
      } while right now it is ${
        new Date(now).toUTCString()
      } which is further in the future than the tolerated delay of ${ITERATOR_LIFE_MS} milliseconds.`,
    );
  }
  const stream = account.stream({ StreamName: name });
  if (stream.createdAt !== createdAt) {
    throw invalidArgument(
      "Invalid ShardIterator. It belongs to a stream of the same name that was deleted.",
    );
  }
  return { stream, shard: stream.shard(shardId, now), offset };
}
