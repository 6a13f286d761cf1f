import { MAX_LIST_SHARDS } from "../_state/limits.ts";
import type { Account } from "../_state/account.ts";
import type { Shard } from "../_state/shard.ts";
import type { Stream } from "../_state/stream.ts";
import { nextToken, shardId, streamReference } from "../_wire/fields.ts";
import {
  inUse,
  invalidArgument,
  limitExceeded,
  notFound,
} from "../_wire/service_error.ts";
import {
  type Field,
  type InputOf,
  integer,
  required,
  structure,
  text,
  timestamp,
} from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import { readPageToken, requireAlone } from "./page_token.ts";

const filterShape = {
  Type: required(text({
    values: [
      "AFTER_SHARD_ID",
      "AT_TRIM_HORIZON",
      "FROM_TRIM_HORIZON",
      "AT_LATEST",
      "AT_TIMESTAMP",
      "FROM_TIMESTAMP",
    ],
  })),
  ShardId: shardId as Field<string>,
  Timestamp: timestamp as Field<number>,
};
type Filter = InputOf<typeof filterShape>;

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html */
export const listShards: Action = action({
  ...streamReference,
  NextToken: nextToken,
  ExclusiveStartShardId: shardId,
  MaxResults: integer({ min: 1, max: 10_000 }),
  StreamCreationTimestamp: timestamp,
  ShardFilter: structure(filterShape),
}, (input, { account, tokens }) => {
  const { now } = account;
  const { NextToken: token } = input;
  let reference: { StreamName?: string; StreamARN?: string } = input;
  let createdAt = input.StreamCreationTimestamp;
  let filter = input.ShardFilter;
  let after = input.ExclusiveStartShardId ?? "";
  // A NextToken holds the parameters of the first call, so the request must not repeat them.
  if (token !== undefined) {
    requireAlone(input, [
      "StreamName",
      "StreamARN",
      "StreamCreationTimestamp",
      "ExclusiveStartShardId",
      "ShardFilter",
    ]);
    const [name, created, filterText, start] = readPageToken(
      tokens,
      "shards",
      token,
      now,
    );
    reference = { StreamName: String(name) };
    createdAt = Number(created);
    filter = JSON.parse(String(filterText)) ?? undefined;
    after = String(start);
  } else if (filter?.Type === "AFTER_SHARD_ID") {
    after = requireMember(filter.ShardId, "ShardId", filter);
  }
  const stream = findStream(account, reference, createdAt);
  countCall(account, stream);
  stream.expire(now);
  const isWanted = predicate(stream, filter, now);
  const shards: Shard[] = [];
  for (const shard of stream.shards.all) {
    if (shard.id > after && isWanted(shard)) shards.push(shard);
  }
  const limit = Math.min(input.MaxResults ?? MAX_LIST_SHARDS, MAX_LIST_SHARDS);
  const page = shards.slice(0, limit);
  return {
    Shards: page.map((shard) => shard.describe()),
    NextToken: shards.length > limit
      ? tokens.encode("shards", [
        now,
        stream.name,
        stream.createdAt,
        JSON.stringify(filter ?? null),
        page.at(-1)!.id,
      ])
      : undefined,
  };
});

function findStream(
  account: Account,
  reference: { StreamName?: string; StreamARN?: string },
  createdAt: number | undefined,
): Stream {
  const stream = account.stream(reference);
  if (createdAt !== undefined && !isSameSecond(createdAt, stream.createdAt)) {
    throw notFound(stream.notFoundMessage());
  }
  if (stream.status === "CREATING") {
    throw inUse(
      `Stream ${stream.name} under account ${stream.accountId} not ACTIVE, instead in state CREATING`,
    );
  }
  return stream;
}

function isSameSecond(a: number, b: number): boolean {
  return Math.floor(a / 1_000) === Math.floor(b / 1_000);
}

function countCall(account: Account, stream: Stream): void {
  if (!account.options.limits.control) return;
  if (!stream.listCalls.has(1, account.now)) {
    throw limitExceeded(`Rate exceeded for ListShards on ${stream.label}.`);
  }
  stream.listCalls.take(1);
}

function predicate(
  stream: Stream,
  filter: Filter | undefined,
  now: number,
): (shard: Shard) => boolean {
  const horizon = Math.max(stream.horizon(now), stream.createdAt);
  switch (filter?.Type) {
    case undefined:
    case "AFTER_SHARD_ID":
    case "FROM_TRIM_HORIZON":
      return () => true;
    case "AT_LATEST":
      return ({ closedAt }) => closedAt === undefined;
    case "AT_TRIM_HORIZON":
      return openAt(horizon);
    case "AT_TIMESTAMP": {
      const at = requireMember(filter.Timestamp, "Timestamp", filter);
      return openAt(Math.max(at, horizon));
    }
    case "FROM_TIMESTAMP": {
      const from = requireMember(filter.Timestamp, "Timestamp", filter);
      return ({ closedAt }) => closedAt === undefined || closedAt >= from;
    }
  }
}

function openAt(time: number): (shard: Shard) => boolean {
  return ({ openedAt, closedAt }) =>
    openedAt <= time && (closedAt === undefined || closedAt >= time);
}

function requireMember<T>(
  value: T | undefined,
  name: string,
  { Type: type }: Filter,
): T {
  if (value === undefined) {
    throw invalidArgument(`${name} must be given in a ShardFilter ${type}.`);
  }
  return value;
}
