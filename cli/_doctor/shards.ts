/**
 * Are the shards being changed, and do they share the keys evenly?
 *
 * @module
 */
import type { Shard, StreamStatus } from "../../client/mod.ts";
import { streamTargetOf } from "../_stream_target.ts";
import { counted } from "../_values.ts";
import type { Check, Finding } from "./check.ts";
import { percentOf } from "./texts.ts";

/** The number of hash keys. */
const HASH_KEYS = 2n ** 128n;
/** A shard with so many times its fair share of the keys is worth a warning. */
const UNEVEN = 1.9;

/** The check. */
export const shardsCheck: Check = {
  id: "stream.shards",
  needs: ["stream"],
  async run({ client, stream, found }, signal) {
    const shards: Shard[] = [];
    const target = streamTargetOf(stream!);
    // Without a filter, which old emulators do not know.
    for await (const shard of client.listAllShards(target, { signal })) {
      shards.push(shard);
    }
    found.openShards = shards.filter(isOpen).map(({ ShardId }) => ShardId);
    const { StreamStatus, StreamModeDetails } = found.summary ?? {};
    return judgeShards(shards, {
      status: StreamStatus,
      isProvisioned: StreamModeDetails?.StreamMode !== "ON_DEMAND",
    });
  },
};

/** Judges the shards. Kinesis itself chooses those of a stream on demand. */
function judgeShards(
  shards: readonly Shard[],
  { status, isProvisioned }: { status?: StreamStatus; isProvisioned: boolean },
): Finding {
  const open = shards.filter(isOpen);
  const closed = shards.length - open.length;
  const data = { open: open.length, closed };
  const message = closed === 0
    ? counted(open.length, "open shard")
    : `${
      counted(open.length, "open shard")
    }, and ${closed} closed whose records are kept`;
  if (status === "UPDATING") {
    return {
      status: "warning",
      message: `${message}; a change of the stream is under way`,
      remedy:
        "Wait: reading and writing goes on, other changes are refused until it is ACTIVE",
      data,
    };
  }
  const largest = open.toSorted((a, b) => shareOf(b) - shareOf(a))[0];
  if (
    !isProvisioned || !largest || shareOf(largest) * open.length < UNEVEN
  ) return { status: "ok", message, data };
  const share = shareOf(largest);
  return {
    status: "warning",
    message: `${message}; ${largest.ShardId} has ${
      percentOf(share)
    } of the hash keys`,
    remedy: "Split it, or call reshard, which makes all shards equal",
    data: { ...data, largest: largest.ShardId, share },
  };
}

function isOpen({ SequenceNumberRange }: Shard): boolean {
  return SequenceNumberRange?.EndingSequenceNumber === undefined;
}

function shareOf({ HashKeyRange }: Shard): number {
  const { StartingHashKey, EndingHashKey } = HashKeyRange;
  const keys = BigInt(EndingHashKey) - BigInt(StartingHashKey) + 1n;
  return Number(keys * 10_000n / HASH_KEYS) / 10_000;
}
