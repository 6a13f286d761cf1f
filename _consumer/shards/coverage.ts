/**
 * Finds hash keys that no worker reads, or that are read twice, in one view of shards and leases.
 *
 * @module
 */
import { isClosed } from "../../_shards/shard_facts.ts";
import type { Lease } from "../../checkpoint/mod.ts";
import type { Shard } from "../../client/mod.ts";
import type { CoverageProblem } from "../../health.ts";
import type { Lineage } from "./lineage.ts";

/** The highest hash key. */
const LAST_HASH_KEY = 2n ** 128n - 1n;

/** Shards and leases at one look. */
export interface CoverageView {
  /** The shards that are listed or have a lease. */
  readonly lineage: Lineage;
  /** The leases by shard id. */
  readonly leases: ReadonlyMap<string, Lease>;
  /** The shards that may be read now: they are not finished, and their parents are. */
  readonly readable: ReadonlySet<string>;
  /** Whether a living worker holds the lease of a shard. */
  readonly isRead: (shardId: string) => boolean;
}

/** A problem at one look. */
export type FoundProblem = Omit<CoverageProblem, "since">;

/** The hash keys of one shard, both ends inclusive. */
interface Range {
  readonly shardId: string;
  readonly start: bigint;
  readonly end: bigint;
}

/** All problems of one view. Some of them are moments of a reshard, which the next look corrects. */
export function problemsOf(view: CoverageView): FoundProblem[] {
  return [...listProblems(view.lineage), ...unread(view)];
}

/**
 * Holes and overlaps between the shards that take records now. Empty if the server does not state
 * the hash keys of a shard.
 */
function listProblems(lineage: Lineage): FoundProblem[] {
  const ranges: Range[] = [];
  for (const shard of lineage.shards.values()) {
    if (!takesRecords(shard, lineage)) continue;
    const range = rangeOf(shard);
    if (!range) return [];
    ranges.push(range);
  }
  ranges.sort((a, b) => a.start < b.start ? -1 : a.start > b.start ? 1 : 0);
  const problems: FoundProblem[] = [];
  let next = 0n;
  let last: Range | undefined;
  for (const range of ranges) {
    if (range.start > next) problems.push(unlisted(next, range.start - 1n));
    if (last && range.start < next) problems.push(overlap(last, range));
    if (range.end < next) continue;
    next = range.end + 1n;
    last = range;
  }
  if (next <= LAST_HASH_KEY) problems.push(unlisted(next, LAST_HASH_KEY));
  return problems;
}

/**
 * Whether a shard stands for its hash keys. A shard with children is closed, also if an old page of
 * the list does not say so. A closed shard stands for its children as long as they have leases and
 * the list does not name them yet.
 */
function takesRecords(shard: Shard, lineage: Lineage): boolean {
  const children = lineage.childrenOf(shard.ShardId);
  if (children.length === 0) return !isClosed(shard);
  return children.some((id) => !lineage.shards.has(id));
}

/**
 * Listed shards that no worker reads. A shard that waits for an ancestor is left out if a worker
 * reads the ancestor, or if the ancestor is found here itself.
 */
function unread(view: CoverageView): FoundProblem[] {
  const { lineage, leases, readable, isRead } = view;
  const isUnfinished = (shardId: string) =>
    lineage.has(shardId) &&
    leases.get(shardId)?.checkpoint.type !== "SHARD_END";
  // An ancestor that is not listed, such as one that has expired, is not a problem of its own.
  const isAwaited = (shardId: string) =>
    isUnfinished(shardId) && (lineage.shards.has(shardId) || isRead(shardId));
  const problems: FoundProblem[] = [];
  for (const [shardId, shard] of lineage.shards) {
    if (!isUnfinished(shardId) || isRead(shardId)) continue;
    if (!readable.has(shardId) && lineage.someAncestor(shardId, isAwaited)) {
      continue;
    }
    const range = rangeOf(shard);
    problems.push({
      what: "unread",
      shardIds: [shardId],
      ...range && keysOf(range.start, range.end),
    });
  }
  return problems;
}

function rangeOf({ ShardId, HashKeyRange }: Shard): Range | undefined {
  const { StartingHashKey, EndingHashKey } = HashKeyRange ?? {};
  if (!isHashKey(StartingHashKey) || !isHashKey(EndingHashKey)) {
    return undefined;
  }
  const [start, end] = [BigInt(StartingHashKey), BigInt(EndingHashKey)];
  return { shardId: ShardId, start, end };
}

function isHashKey(text: unknown): text is string {
  return typeof text === "string" && /^\d{1,39}$/.test(text);
}

function unlisted(start: bigint, end: bigint): FoundProblem {
  return { what: "unlisted", shardIds: [], ...keysOf(start, end) };
}

function overlap(first: Range, second: Range): FoundProblem {
  const end = first.end < second.end ? first.end : second.end;
  return {
    what: "overlap",
    shardIds: [first.shardId, second.shardId],
    ...keysOf(second.start, end),
  };
}

function keysOf(start: bigint, end: bigint) {
  return { startingHashKey: String(start), endingHashKey: String(end) };
}
