/**
 * The requests and answers of the client beside the shapes of botocore, compared by the compiler. A
 * difference is a type error that names it, for example `"UpdateQueue.input.QueueARN is missing"`.
 */
import { assertEquals } from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";
import type { Model } from "./model/model_types.ts";
import model from "./model/model.json" with { type: "json" };

type Same<A, B> = [A] extends [B] ? [B] extends [A] ? true : false : false;
type RequiredKeys<T> = {
  [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? never : K;
}[keyof T];
type Leaf =
  | string
  | number
  | boolean
  | Date
  | Uint8Array<ArrayBuffer>
  | undefined;
type Text<K> = K extends string ? K : never;

/** The differences between a type of ours and one of the model: `never` if there is none. */
type Diff<Ours, Theirs, Path extends string> = [Theirs] extends [Leaf]
  ? Same<Ours, Theirs> extends true ? never : `${Path} has another type`
  : Theirs extends readonly (infer Their)[]
    ? Ours extends readonly (infer Our)[] ? Diff<Our, Their, `${Path}[]`>
    : `${Path} is no list`
  : string extends keyof Theirs
    ? string extends keyof Ours ? never : `${Path} is no map`
  :
    | `${Path}.${Text<Exclude<keyof Theirs, keyof Ours>>} is missing`
    | `${Path}.${Text<Exclude<keyof Ours, keyof Theirs>>} does not exist`
    | `${Path}.${Text<
      Exclude<RequiredKeys<Theirs>, RequiredKeys<Ours>>
    >} is required`
    | `${Path}.${Text<
      Exclude<RequiredKeys<Ours>, RequiredKeys<Theirs>>
    >} is optional`
    | {
      [K in keyof Ours & keyof Theirs]-?: Diff<
        NonNullable<Ours[K]>,
        NonNullable<Theirs[K]>,
        `${Path}.${Text<K>}`
      >;
    }[keyof Ours & keyof Theirs];

/** Methods of the client that are not actions. */
type Convenience =
  | `listAll${string}`
  | `waitUntil${string}`
  | "preflight"
  | "serviceNow"
  | "serviceOptions";
type OurAction = Capitalize<
  Text<Exclude<keyof KinesisClient, Convenience>>
>;
/** Actions whose answer is a stream of events, and not the shape of the model. */
type Streaming = "SubscribeToShard";

type Method<A extends OurAction> =
  KinesisClient[Uncapitalize<A> & keyof KinesisClient];
type Parameter<M> = M extends // deno-lint-ignore no-explicit-any -- any arguments
(...args: infer P extends any[]) => unknown ? P
  : never;
/** `describeLimits` and `describeAccountSettings` have options only. */
type OurInput<A extends OurAction> = A extends
  "DescribeLimits" | "DescribeAccountSettings" ? Record<never, never>
  : NonNullable<Parameter<Method<A>>[0]>;
type OurOutput<A extends OurAction> = Method<A> extends // deno-lint-ignore no-explicit-any -- any arguments
(...args: any[]) => Promise<infer R>
  ? [R] extends [void] ? Record<never, never> : R
  : never;

type AllDifferences =
  | `${Text<Exclude<keyof Model, OurAction>>} is missing`
  | `${Exclude<OurAction, keyof Model>} does not exist`
  | {
    [A in OurAction & keyof Model]:
      | Diff<OurInput<A>, Model[A]["input"], `${A}.input`>
      | (A extends Streaming ? never
        : Diff<OurOutput<A>, Model[A]["output"], `${A}.output`>);
  }[OurAction & keyof Model];

/** Differences that are meant. */
type Meant =
  // Emulators leave them out.
  | `${string}.${
    | "StreamCreationTimestamp"
    | "ConsumerCreationTimestamp"
    | "EnhancedMonitoring"} is required`
  // Every answer has it, and every request needs it.
  | "GetShardIterator.output.ShardIterator is optional"
  | "UpdateMaxRecordSize.input.StreamARN is optional"
  // Data is also taken from a view of a shared or resizable buffer.
  | "PutRecord.input.Data has another type"
  | "PutRecords.input.Records[].Data has another type";

const noDifference: Same<Exclude<AllDifferences, Meant>, never> = true;

Deno.test("KinesisClient has every action of botocore, with the same members", () => {
  assertEquals(noDifference, true);
  const methods = Object.getOwnPropertyNames(KinesisClient.prototype);
  for (const action of Object.keys(model.actions)) {
    const method = action[0]!.toLowerCase() + action.slice(1);
    assertEquals(methods.includes(method), true, action);
  }
  assertEquals(Object.keys(model.actions).length >= 57, true);
});
