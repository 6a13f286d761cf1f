/**
 * Shard iterators: a place in a shard, and when it was given out.
 *
 * @module
 */
import type { Account } from "../_state/account.ts";
import { ITERATOR_LIFE_MS } from "../_state/limits.ts";
import type { Shard } from "../_state/shard.ts";
import type { Stream } from "../_state/stream.ts";
import { invalidArgument, ServiceFault } from "../_wire/service_error.ts";
import type { Sealer } from "../_wire/tokens.ts";

/** An iterator for the record at a place. */
export function sealIterator(
  sealer: Sealer,
  stream: Stream,
  shard: Shard,
  place: number,
  now: number,
): string {
  return sealer.seal("iterator", [
    stream.name,
    stream.createdAt,
    shard.id,
    place,
    now,
  ]);
}

/** What an iterator points to. Fails if it is not one of ours or too old. */
export function openIterator(
  sealer: Sealer,
  account: Account,
  iterator: string,
): { stream: Stream; shard: Shard; place: number } {
  const values = sealer.open("iterator", iterator);
  if (!values) throw invalidArgument("Invalid ShardIterator.");
  const [name, createdAt, shardId, place, issuedAt] = values as [
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
  return { stream, shard: stream.shard(shardId, now), place };
}
