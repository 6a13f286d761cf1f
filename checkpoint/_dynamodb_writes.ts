/**
 * The conditional writes of a lease as requests to DynamoDB, with the conditions of the KCL. Held
 * leases are changed by UpdateItem, so that attributes that are not known here stay.
 *
 * @see {@link https://github.com/awslabs/amazon-kinesis-client/blob/v2.7.3/amazon-kinesis-client/src/main/java/software/amazon/kinesis/leases/dynamodb/DynamoDBLeaseRefresher.java}
 * @module
 */
import type { Checkpoint } from "../records.ts";
import type { Item } from "./_dynamodb_client.ts";
import {
  CHECKPOINT_EXTRAS,
  checkpointAttributes,
  encodeRow,
  LOAD_EXTRAS,
  loadAttributes,
  number,
  REQUESTED_BY,
  type RowContext,
  startAttributes,
} from "./_dynamodb_row.ts";
import { encodeLease } from "./_stored_lease.ts";
import type {
  HolderCallOptions,
  Lease,
  LeaseLoad,
  NewLease,
} from "./checkpointer.ts";

/** What a row must be for a write to be accepted. */
interface Condition {
  /** Attributes that must have these values. */
  readonly equal: Item;
  /** Attributes that must not exist. */
  readonly absent?: readonly string[];
}

/** How an UpdateItem changes a row. */
interface Change {
  /** Attributes that get these values. */
  readonly set: Item;
  /** Attributes that get these values unless they have one. */
  readonly setOnce?: Item;
  /** Attributes that grow by these numbers. */
  readonly add?: Item;
  /** Attributes that are removed. */
  readonly remove?: readonly string[];
}

/** See {@linkcode Checkpointer.create}. */
export function creating(target: RowContext, lease: NewLease): object {
  const row = { ...lease, owner: undefined, counter: 0 };
  return putOf(target, encodeRow(row, target), {
    equal: {},
    absent: ["leaseKey"],
  });
}

/** See {@linkcode Checkpointer.take}. */
export function taking(
  target: RowContext,
  lease: Lease,
  owner: string,
): object {
  const { streamName, startingSequenceNumber } = lease;
  checkWritten(lease, { owner, startingSequenceNumber });
  const isSwitched = lease.owner !== undefined && lease.owner !== owner;
  return updateOf(target, lease, { equal: current(lease) }, {
    set: { ...next(lease), leaseOwner: { S: owner } },
    setOnce: {
      ...startAttributes(lease),
      ...target.layout.laterMarksOf(streamName),
    },
    ...(isSwitched && { add: { ownerSwitchesSinceCheckpoint: number(1) } }),
    // checkpointOwner is left by a handoff of KCL 3. As long as it exists, no renewal is accepted.
    remove: ["checkpointOwner", REQUESTED_BY],
  });
}

/** See {@linkcode Checkpointer.renew}. */
export function renewing(
  target: RowContext,
  lease: HeldLease,
  { load }: HolderCallOptions = {},
): object {
  checkWritten(lease, { load });
  return updateOf(
    target,
    lease,
    { equal: held(lease), absent: ["checkpointOwner"] },
    changeTo(
      { ...next(lease), ...measured(load, lease) },
      load ? LOAD_EXTRAS : [],
    ),
  );
}

/** See {@linkcode Checkpointer.checkpoint}. */
export function checkpointing(
  target: RowContext,
  lease: HeldLease,
  checkpoint: Checkpoint,
  { load }: HolderCallOptions = {},
): object {
  checkWritten(lease, { checkpoint, load });
  const set = {
    ...next(lease),
    ...checkpointAttributes(checkpoint, target.partialRecords),
    ...measured(load, lease),
    ownerSwitchesSinceCheckpoint: number(0),
  };
  const change = changeTo(set, [
    ...CHECKPOINT_EXTRAS,
    ...(load ? LOAD_EXTRAS : []),
  ]);
  return updateOf(target, lease, { equal: held(lease) }, change);
}

/** Sets attributes, and removes those of `extras` that are not set. */
function changeTo(set: Item, extras: readonly string[]): Change {
  return { set, remove: extras.filter((name) => !Object.hasOwn(set, name)) };
}

/** See {@linkcode Checkpointer.release}. */
export function releasing(target: RowContext, lease: HeldLease): object {
  return updateOf(target, lease, { equal: held(lease) }, {
    set: next(lease),
    remove: ["leaseOwner", "checkpointOwner", REQUESTED_BY],
  });
}

/** See {@linkcode Checkpointer.request}. The KCL ignores the attribute and keeps its lease. */
export function requesting(
  target: RowContext,
  lease: HeldLease,
  requestedBy: string | undefined,
): object {
  checkWritten(lease, { requestedBy });
  const { owner, requestedBy: seen } = lease;
  const isAbsent = seen === undefined;
  return updateOf(target, lease, {
    equal: {
      leaseOwner: { S: owner },
      ...(!isAbsent && { [REQUESTED_BY]: { S: seen } }),
    },
    ...(isAbsent && { absent: [REQUESTED_BY] }),
  }, {
    set: requestedBy === undefined
      ? {}
      : { [REQUESTED_BY]: { S: requestedBy } },
    ...(requestedBy === undefined && { remove: [REQUESTED_BY] }),
  });
}

/** See {@linkcode Checkpointer.replace}. All attributes of the earlier row are removed. */
export function replacing(
  target: RowContext,
  lease: Lease,
  next: NewLease,
): object {
  const { streamName, shardId, counter } = lease;
  const row = {
    ...next,
    ...{ streamName, shardId },
    owner: undefined,
    counter: counter + 1,
  };
  return putOf(target, encodeRow(row, target), {
    equal: current(lease),
  });
}

/** See {@linkcode Checkpointer.delete}. */
export function deleting(target: RowContext, lease: Lease): object {
  const expressions = new Expressions();
  return {
    ...placeOf(target, lease),
    ConditionExpression: expressions.condition({ equal: current(lease) }),
    ...expressions.attributes,
  };
}

/** A lease with an owner. */
export type HeldLease = Lease & { readonly owner: string };

function current({ counter }: Lease): Item {
  return { leaseCounter: number(counter) };
}

function held(lease: HeldLease): Item {
  return { ...current(lease), leaseOwner: { S: lease.owner } };
}

/** Not an ADD: the KCL sets the counter, too, and the condition has its value. */
function next({ counter }: Lease): Item {
  return { leaseCounter: number(counter + 1) };
}

function measured(load: LeaseLoad | undefined, { counter }: Lease): Item {
  return load ? loadAttributes(load, counter + 1) : {};
}

/**
 * Checks what a write stores. Other members of the lease are those of the caller: they are not
 * stored, and may be wrong.
 *
 * @throws {TypeError} if it could not be read again
 */
function checkWritten(
  { streamName, shardId, counter }: Lease,
  written: Partial<
    Pick<
      Lease,
      "owner" | "checkpoint" | "startingSequenceNumber" | "requestedBy" | "load"
    >
  >,
): void {
  encodeLease({
    ...{ streamName, shardId, counter },
    checkpoint: { type: "TRIM_HORIZON" },
    parentShardIds: [],
    ...written,
  });
}

function placeOf({ tableName, layout }: RowContext, lease: Lease): object {
  const key = layout.keyOf(lease.streamName, lease.shardId);
  return { TableName: tableName, Key: { leaseKey: { S: key } } };
}

function putOf(
  { tableName }: RowContext,
  item: Item,
  condition: Condition,
): object {
  const expressions = new Expressions();
  return {
    TableName: tableName,
    Item: item,
    ConditionExpression: expressions.condition(condition),
    ...expressions.attributes,
  };
}

function updateOf(
  target: RowContext,
  lease: Lease,
  condition: Condition,
  change: Change,
): object {
  const expressions = new Expressions();
  return {
    ...placeOf(target, lease),
    ConditionExpression: expressions.condition(condition),
    UpdateExpression: expressions.update(change),
    ...expressions.attributes,
    ReturnValues: "ALL_NEW",
  };
}

/** The expressions of one request. Names and values are parameters: some names are reserved. */
class Expressions {
  readonly #names: Record<string, string> = {};
  readonly #values: Record<string, unknown> = {};

  condition({ equal, absent = [] }: Condition): string {
    return [
      ...Object.entries(equal).map(([name, value]) =>
        `${this.#name(name)} = ${this.#value(`if_${name}`, value)}`
      ),
      ...absent.map((name) => `attribute_not_exists(${this.#name(name)})`),
    ].join(" AND ");
  }

  update({ set, setOnce = {}, add = {}, remove = [] }: Change): string {
    const sets = [
      ...Object.entries(set).map(([name, value]) =>
        `${this.#name(name)} = ${this.#value(name, value)}`
      ),
      ...Object.entries(setOnce).map(([name, value]) => {
        const attribute = this.#name(name);
        const parameter = this.#value(name, value);
        return `${attribute} = if_not_exists(${attribute}, ${parameter})`;
      }),
    ];
    const adds = Object.entries(add).map(([name, value]) =>
      `${this.#name(name)} ${this.#value(name, value)}`
    );
    const removes = remove.map((name) => this.#name(name));
    return [["SET", sets], ["ADD", adds], ["REMOVE", removes]]
      .filter(([, clauses]) => clauses!.length > 0)
      .map(([word, clauses]) => `${word} ${(clauses as string[]).join(", ")}`)
      .join(" ");
  }

  /** The members of the request that give the parameters. */
  get attributes(): object {
    const hasValues = Object.keys(this.#values).length > 0;
    return {
      ExpressionAttributeNames: this.#names,
      ...(hasValues && { ExpressionAttributeValues: this.#values }),
    };
  }

  #name(name: string): string {
    this.#names[`#${name}`] = name;
    return `#${name}`;
  }

  #value(name: string, value: unknown): string {
    this.#values[`:${name}`] = value;
    return `:${name}`;
  }
}
