import * as sdk from "@aws-sdk/client-kinesis";
import type { Kinesis } from "@aws-sdk/client-kinesis";
import { assert, assertEquals } from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";

/**
 * Actions of the SDK that the client leaves out on purpose: delivery to S3, which has nothing to do
 * with streams of records.
 */
const LEFT_OUT = [
  "CreateChannel",
  "DeleteChannel",
  "DescribeChannel",
  "ListChannels",
  "UpdateChannel",
] as const;
/** Methods of the client that are not actions. */
const CONVENIENCES = [
  "listAllShards",
  "listAllStreamConsumers",
  "listAllStreams",
  "listAllTagsForStream",
  "preflight",
  "serviceNow",
  "waitUntilActive",
  "waitUntilConsumerActive",
  "waitUntilDeleted",
] as const;

type Methods<T> = {
  // deno-lint-ignore no-explicit-any -- any method
  [K in keyof T]: T[K] extends (...args: any[]) => unknown ? K : never;
}[keyof T];
type TheirActions = Exclude<
  Methods<Kinesis>,
  | Methods<sdk.KinesisClient>
  | Uncapitalize<typeof LEFT_OUT[number]>
  | `paginate${string}`
  | `waitUntil${string}`
>;
type OurActions = Exclude<
  Methods<KinesisClient>,
  typeof CONVENIENCES[number]
>;
type Same<A, B> = [A] extends [B] ? [B] extends [A] ? true : false : false;
const sameTypes: Same<TheirActions, OurActions> = true;

const lower = (name: string) => name[0]!.toLowerCase() + name.slice(1);

Deno.test("KinesisClient has the actions of the AWS SDK but for the named exceptions", () => {
  assert(sameTypes);
  const theirs = Object.keys(sdk)
    .filter((name) => /^[A-Z]\w*Command$/.test(name))
    .map((name) => name.replace(/Command$/, ""))
    .filter((name) => !(LEFT_OUT as readonly string[]).includes(name));
  const ours = Object.getOwnPropertyNames(KinesisClient.prototype)
    .filter((name) =>
      name !== "constructor" && name !== "serviceOptions" &&
      !(CONVENIENCES as readonly string[]).includes(name)
    );
  assertEquals(ours.sort(), theirs.map(lower).sort());
  assert(ours.length >= 40);
});

/**
 * Fields of the SDK's type that ours lacks, without `StreamId`, which is reserved for the future.
 */
type Missing<Theirs, Ours> = Exclude<keyof Theirs, keyof Ours | "StreamId">;
type RequestOf<K extends keyof KinesisClient> = KinesisClient[K] extends
  (request: infer R, ...rest: never[]) => unknown ? NonNullable<R> : never;
type AnswerOf<K extends keyof KinesisClient> = KinesisClient[K] extends // deno-lint-ignore no-explicit-any -- any arguments
(...args: any[]) => Promise<infer R> ? R
  : never;

/** Missing fields of requests and answers, by the compiler: `never` if none is missing. */
type MissingFields =
  | Missing<sdk.PutRecordInput, RequestOf<"putRecord">>
  | Missing<sdk.PutRecordsInput, RequestOf<"putRecords">>
  | Missing<sdk.GetRecordsInput, RequestOf<"getRecords">>
  | Missing<sdk.GetShardIteratorInput, RequestOf<"getShardIterator">>
  | Missing<sdk.CreateStreamInput, RequestOf<"createStream">>
  | Missing<sdk.DeleteStreamInput, RequestOf<"deleteStream">>
  | Missing<sdk.DescribeStreamInput, RequestOf<"describeStream">>
  | Missing<sdk.DescribeStreamSummaryInput, RequestOf<"describeStreamSummary">>
  | Missing<sdk.ListStreamsInput, RequestOf<"listStreams">>
  | Missing<sdk.ListShardsInput, RequestOf<"listShards">>
  | Missing<sdk.SplitShardInput, RequestOf<"splitShard">>
  | Missing<sdk.MergeShardsInput, RequestOf<"mergeShards">>
  | Missing<sdk.UpdateShardCountInput, RequestOf<"updateShardCount">>
  | Missing<sdk.UpdateStreamModeInput, RequestOf<"updateStreamMode">>
  | Missing<
    sdk.UpdateStreamWarmThroughputInput,
    RequestOf<"updateStreamWarmThroughput">
  >
  | Missing<sdk.UpdateMaxRecordSizeInput, RequestOf<"updateMaxRecordSize">>
  | Missing<
    sdk.UpdateStreamRecordDistributionStrategyInput,
    RequestOf<"updateStreamRecordDistributionStrategy">
  >
  | Missing<
    sdk.IncreaseStreamRetentionPeriodInput,
    RequestOf<"increaseStreamRetentionPeriod">
  >
  | Missing<sdk.StartStreamEncryptionInput, RequestOf<"startStreamEncryption">>
  | Missing<
    sdk.EnableEnhancedMonitoringInput,
    RequestOf<"enableEnhancedMonitoring">
  >
  | Missing<
    sdk.RegisterStreamConsumerInput,
    RequestOf<"registerStreamConsumer">
  >
  | Missing<
    sdk.DescribeStreamConsumerInput,
    RequestOf<"describeStreamConsumer">
  >
  | Missing<sdk.ListStreamConsumersInput, RequestOf<"listStreamConsumers">>
  | Missing<sdk.SubscribeToShardInput, RequestOf<"subscribeToShard">>
  | Missing<sdk.AddTagsToStreamInput, RequestOf<"addTagsToStream">>
  | Missing<sdk.ListTagsForStreamInput, RequestOf<"listTagsForStream">>
  | Missing<sdk.TagResourceInput, RequestOf<"tagResource">>
  | Missing<sdk.UntagResourceInput, RequestOf<"untagResource">>
  | Missing<sdk.PutResourcePolicyInput, RequestOf<"putResourcePolicy">>
  | Missing<sdk.UpdateAccountSettingsInput, RequestOf<"updateAccountSettings">>
  | Missing<sdk.PutRecordOutput, AnswerOf<"putRecord">>
  | Missing<sdk.PutRecordsOutput, AnswerOf<"putRecords">>
  | Missing<sdk.GetRecordsOutput, AnswerOf<"getRecords">>
  | Missing<
    sdk._Record,
    AnswerOf<"getRecords">["Records"][number]
  >
  | Missing<
    sdk.StreamDescription,
    AnswerOf<"describeStream">["StreamDescription"]
  >
  | Missing<
    sdk.StreamDescriptionSummary,
    AnswerOf<"describeStreamSummary">["StreamDescriptionSummary"]
  >
  | Missing<sdk.ListStreamsOutput, AnswerOf<"listStreams">>
  | Missing<sdk.ListShardsOutput, AnswerOf<"listShards">>
  | Missing<sdk.UpdateShardCountOutput, AnswerOf<"updateShardCount">>
  | Missing<
    sdk.UpdateStreamWarmThroughputOutput,
    AnswerOf<"updateStreamWarmThroughput">
  >
  | Missing<sdk.EnhancedMonitoringOutput, AnswerOf<"enableEnhancedMonitoring">>
  | Missing<
    sdk.ConsumerDescription,
    AnswerOf<"describeStreamConsumer">["ConsumerDescription"]
  >
  | Missing<sdk.DescribeLimitsOutput, AnswerOf<"describeLimits">>
  | Missing<
    sdk.DescribeAccountSettingsOutput,
    AnswerOf<"describeAccountSettings">
  >;

Deno.test("KinesisClient has the fields of the AWS SDK's requests and answers", () => {
  const none: Same<MissingFields, never> = true;
  assert(none);
});

Deno.test("KinesisClient asks the data endpoints of an account for the same actions as the AWS SDK", async () => {
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  const region = "us-east-1";
  const stream = `arn:aws:kinesis:${region}:123456789012:stream/orders`;
  const consumer = `${stream}/consumer/app:1`;
  for (
    const action of [
      "PutRecord",
      "PutRecords",
      "GetRecords",
      "GetShardIterator",
      "SubscribeToShard",
      "ListShards",
      "DescribeStream",
      "SplitShard",
      "DescribeStreamConsumer",
      "TagResource",
      "ListStreams",
      "DescribeLimits",
      "UpdateStreamMode",
      "GetResourcePolicy",
    ] as const
  ) {
    const input = {
      StreamARN: stream,
      ConsumerARN: consumer,
      ResourceARN: consumer,
      Data: new Uint8Array(),
      Records: [],
      TagKeys: [],
      Tags: {},
    };
    if (
      /^(TagResource|GetResourcePolicy|ListStreams|DescribeLimits|SubscribeToShard)$/
        .test(action)
    ) {
      // Actions without a StreamARN.
      delete (input as Partial<typeof input>).StreamARN;
    }
    if (/^(ListStreams|DescribeLimits)$/.test(action)) {
      delete (input as Partial<typeof input>).ConsumerARN;
      delete (input as Partial<typeof input>).ResourceARN;
    }
    let theirs = "";
    const client = new sdk.KinesisClient({
      region,
      credentials,
      maxAttempts: 1,
      requestHandler: {
        handle: (request: { hostname: string }) => {
          theirs = request.hostname;
          return Promise.reject(new Error("enough"));
        },
      } as never,
    });
    const Command =
      (sdk as unknown as Record<string, new (input: object) => never>)[
        `${action}Command`
      ]!;
    await client.send(new Command(input)).catch(() => {});
    let ours = "";
    const kinesis = new KinesisClient({
      region,
      credentials,
      retry: { maxAttempts: 1 },
      fetch: (url) => {
        ours = new URL(url).hostname;
        return Promise.reject(new Error("enough"));
      },
    });
    const method = lower(action) as "putRecord";
    const arguments_ = /^Describe(Limits)$/.test(action) ? [] : [input];
    await kinesis[method](...arguments_ as [never]).catch(() => {});
    assertEquals(ours, theirs, action);
    assert(ours !== "");
  }
});
