/**
 * The templates for CloudFormation and Terraform are valid, say the same, and their policies are
 * exact: the library does its work with them, and needs each action.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DynamoDBCheckpointer } from "../../../checkpoint/mod.ts";
import { KinesisClient } from "../../../client/mod.ts";
import { Consumer } from "../../../consumer.ts";
import { KinesisError } from "../../../errors.ts";
import { json } from "../../../processors/mod.ts";
import { Producer } from "../../../producer.ts";
import {
  type Fetch,
  KinesisServer,
  type PolicyDocument,
  type PolicyStatement,
  withPolicy,
} from "../../../testing/mod.ts";
import { startDynalite } from "../../_services/dynalite.ts";
import {
  isReference,
  readTemplate,
  type Resource,
  TEMPLATE,
} from "./cloudformation.ts";
import { CONFIGURATION, readConfiguration } from "./terraform.ts";

const PLACE = "us-east-1:123456789012";
const STREAM_ARN = `arn:aws:kinesis:${PLACE}:stream/orders`;
const TABLE_ARN = `arn:aws:dynamodb:${PLACE}:table/orders-leases`;
const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
const region = "us-east-1";

const template = await readTemplate();
const configuration = await readConfiguration();

const CONSUMER_NAME: string = template.StreamConsumer!.Properties.ConsumerName;
const DOCUMENTATION = new URL(
  "../../../docs/infrastructure.md",
  import.meta.url,
);

/** The names of the same policy in the two files. */
const POLICIES: readonly [inTemplate: string, inConfiguration: string][] = [
  ["ProducerPolicy", "producer"],
  ["ConsumerPolicy", "consumer"],
  ["FanOutPolicy", "fan_out"],
  ["LeasePolicy", "leases"],
  ["FunctionReadPolicy", "reader"],
];

/** Attributes of the same resource in the two files. */
const SAME: Readonly<Record<string, string>> = {
  "Stream.Arn": "aws_kinesis_stream.stream.arn",
  "StreamConsumer.ConsumerARN": "aws_kinesis_stream_consumer.billing.arn",
  "Key.Arn": "aws_kms_key.stream.arn",
  "LeaseTable.Arn": "aws_dynamodb_table.leases.arn",
  "FailureQueue.Arn": "aws_sqs_queue.failures.arn",
};

function statementsOf(name: string): PolicyStatement[] {
  return template[name]!.Properties.PolicyDocument.Statement;
}

/** The resource of a statement as Terraform writes it. */
function inTerraform(resource: unknown): unknown {
  return isReference(resource)
    ? `\${${SAME[resource.to]}}${resource.suffix}`
    : resource;
}

Deno.test("The two templates have the same policies", () => {
  for (const [inTemplate, inConfiguration] of POLICIES) {
    const statements = statementsOf(inTemplate).map(({ Action, Resource }) => ({
      actions: [Action].flat(),
      resources: [inTerraform(Resource)],
    }));
    const { statement } = configuration.policies[inConfiguration]!;
    assertEquals(statement, statements, inTemplate);
  }
});

Deno.test("The two templates have the same alarms, and all of them reach the topic", () => {
  const alarms = Object.values(template)
    .filter(({ Type }) => Type === "AWS::CloudWatch::Alarm");
  const byMetric = (a: { name: string }, b: { name: string }) =>
    a.name < b.name ? -1 : 1;
  const others = Object.values(
    configuration.resources.aws_cloudwatch_metric_alarm!,
  );
  assert(alarms.length >= 6);
  assertEquals(
    others.map((alarm) => ({
      ...{ name: alarm.metric_name, namespace: alarm.namespace },
      ...{ statistic: alarm.statistic, period: alarm.period },
      ...{ periods: alarm.evaluation_periods, threshold: alarm.threshold },
      ...{ comparison: alarm.comparison_operator },
      ...{ missing: alarm.treat_missing_data },
      dimensions: Object.keys(alarm.dimensions),
      description: alarm.alarm_description,
      actions: alarm.alarm_actions.length + alarm.ok_actions.length,
    })).sort(byMetric),
    alarms.map(({ Properties: alarm }) => ({
      ...{ name: alarm.MetricName, namespace: alarm.Namespace },
      ...{ statistic: alarm.Statistic, period: alarm.Period },
      ...{ periods: alarm.EvaluationPeriods, threshold: alarm.Threshold },
      ...{ comparison: alarm.ComparisonOperator },
      ...{ missing: alarm.TreatMissingData },
      dimensions: alarm.Dimensions.map(({ Name }: { Name: string }) => Name),
      description: alarm.AlarmDescription,
      actions: alarm.AlarmActions.length + alarm.OKActions.length,
    })).sort(byMetric),
  );
});

Deno.test("The two templates map the function to the stream alike, with partial batches", () => {
  const { Properties: mapping } = template.Mapping as Resource;
  const other = configuration.resources.aws_lambda_event_source_mapping!
    .reader!;
  assertEquals(mapping.FunctionResponseTypes, ["ReportBatchItemFailures"]);
  assertEquals({
    StartingPosition: other.starting_position,
    BatchSize: other.batch_size,
    MaximumBatchingWindowInSeconds: other.maximum_batching_window_in_seconds,
    ParallelizationFactor: other.parallelization_factor,
    FunctionResponseTypes: other.function_response_types,
    BisectBatchOnFunctionError: other.bisect_batch_on_function_error,
    MaximumRetryAttempts: other.maximum_retry_attempts,
    MaximumRecordAgeInSeconds: other.maximum_record_age_in_seconds,
  }, {
    StartingPosition: mapping.StartingPosition,
    BatchSize: mapping.BatchSize,
    MaximumBatchingWindowInSeconds: mapping.MaximumBatchingWindowInSeconds,
    ParallelizationFactor: mapping.ParallelizationFactor,
    FunctionResponseTypes: mapping.FunctionResponseTypes,
    BisectBatchOnFunctionError: mapping.BisectBatchOnFunctionError,
    MaximumRetryAttempts: mapping.MaximumRetryAttempts,
    MaximumRecordAgeInSeconds: mapping.MaximumRecordAgeInSeconds,
  });
});

Deno.test("The comments on fan-out name the stream consumer by its ARN, as its policy does", async () => {
  const { billing } = configuration.resources.aws_kinesis_stream_consumer!;
  assertEquals(billing!.name, CONSUMER_NAME);
  const documentation = await Deno.readTextFile(DOCUMENTATION);
  assert(
    documentation.includes(`\`${CONSUMER_NAME}\`, for [enhanced fan-out]`),
  );
  const texts = [
    await Deno.readTextFile(TEMPLATE),
    await Deno.readTextFile(CONFIGURATION),
    documentation,
  ];
  for (const text of texts) {
    const options = text.match(/\bfanOut: \{[^}]*\}/g) ?? [];
    assert(options.length > 0);
    assertEquals(new Set(options), new Set(["fanOut: { consumerARN }"]));
  }

  // With a name in place of the ARN, the consumer is registered, which the policy denies.
  const world = new World();
  await world.create();
  const fetch = withPolicy(world.server.fetch, world.policyOf("FanOutPolicy"));
  const consumer = new Consumer<unknown>({
    client: world.client(fetch),
    ...{ streamName: "orders", processor: json() },
    fanOut: { consumerName: CONSUMER_NAME },
  });
  await assertRejects(() => consumer.ready, KinesisError, "AccessDenied");
});

/** A stream, its consumer, and a lease table. */
class World {
  readonly server = new KinesisServer();
  readonly admin = new KinesisClient({
    ...{ region, credentials },
    fetch: this.server.fetch,
  });
  consumerARN = "";

  async create(): Promise<void> {
    await this.admin.createStream({ StreamName: "orders", ShardCount: 2 });
    await this.admin.waitUntilActive({ StreamName: "orders" });
    const { Consumer } = await this.admin.registerStreamConsumer({
      StreamARN: STREAM_ARN,
      ConsumerName: CONSUMER_NAME,
    });
    this.consumerARN = Consumer.ConsumerARN;
    await this.admin.waitUntilConsumerActive({ ConsumerARN: this.consumerARN });
  }

  /** A policy of the template with the ARNs of this world, without the actions of KMS. */
  policyOf(name: string): PolicyDocument {
    const arns: Readonly<Record<string, string>> = {
      "Stream.Arn": STREAM_ARN,
      "StreamConsumer.ConsumerARN": this.consumerARN,
      "LeaseTable.Arn": TABLE_ARN,
    };
    return {
      Statement: statementsOf(name)
        .filter(({ Action }) => !`${Action}`.startsWith("kms:"))
        .map((statement) => {
          const reference: unknown = statement.Resource;
          assert(isReference(reference));
          const Resource = arns[reference.to]! + reference.suffix;
          return { ...statement, Resource };
        }),
    };
  }

  client(fetch: Fetch): KinesisClient {
    return new KinesisClient({ region, credentials, fetch });
  }

  /** Stores values, some of which are larger than a record is by default. */
  async write(client: KinesisClient): Promise<void> {
    const producer = new Producer<unknown>({
      ...{ client, streamName: "orders", processor: json() },
    });
    for (let i = 0; i < 20; i++) producer.put(i, { partitionKey: `${i}` });
    producer.put("x".repeat(2 ** 21), { partitionKey: "large" });
    await producer.close();
  }
}

/** Asserts that nothing was denied, and that no action was superfluous. */
function assertExact(fetch: ReturnType<typeof withPolicy>): void {
  assertEquals(fetch.denied, []);
  assertEquals(fetch.unused, []);
}

Deno.test("The policy of a producer is exact", async () => {
  const world = new World();
  await world.create();
  await world.admin.updateMaxRecordSize({
    StreamARN: STREAM_ARN,
    MaxRecordSizeInKiB: 4096,
  });
  await world.admin.waitUntilActive({ StreamName: "orders" });
  const fetch = withPolicy(
    world.server.fetch,
    world.policyOf("ProducerPolicy"),
  );
  await world.write(world.client(fetch));
  assertEquals(world.server.records("orders").length, 21);
  assertExact(fetch);
});

/**
 * Leases of shards that have expired: one is to be read, and one is finished. They begin where a
 * shard of the stream begins, so that they do not seem to belong to an earlier stream of the name.
 */
async function addOldLeases(
  checkpointer: DynamoDBCheckpointer,
  client: KinesisClient,
): Promise<void> {
  const { Shards } = await client.listShards({ StreamName: "orders" });
  const common = {
    streamName: "orders",
    parentShardIds: [],
    startingSequenceNumber: Shards![0]!.SequenceNumberRange
      .StartingSequenceNumber,
  };
  await checkpointer.create({
    ...common,
    shardId: "shardId-000000000100",
    checkpoint: { type: "TRIM_HORIZON" },
  });
  await checkpointer.create({
    ...common,
    shardId: "shardId-000000000101",
    checkpoint: { type: "SHARD_END" },
  });
}

for (
  const [name, isFanOut] of [["ConsumerPolicy", false], [
    "FanOutPolicy",
    true,
  ]] as const
) {
  Deno.test(`The policies of a consumer ${isFanOut ? "with fan-out" : "that polls"} and of its leases are exact`, async () => {
    const world = new World();
    await world.create();
    for (let i = 0; i < 20; i++) {
      await world.admin.putRecord({
        ...{ StreamName: "orders", PartitionKey: `${i}` },
        Data: new TextEncoder().encode(`${i}`),
      });
    }
    await using dynalite = await startDynalite();
    const table = { tableName: "orders-leases", region, credentials };
    const { endpoint } = dynalite;
    const admin = new DynamoDBCheckpointer({
      ...table,
      endpoint,
      createTable: true,
    });
    await addOldLeases(admin, world.admin);

    const leaseFetch = withPolicy(fetch, world.policyOf("LeasePolicy"));
    const streamFetch = withPolicy(world.server.fetch, world.policyOf(name));
    const checkpointer = new DynamoDBCheckpointer({
      ...{ ...table, endpoint, fetch: leaseFetch },
    });
    const values: unknown[] = [];
    const consumer = new Consumer<unknown>({
      client: world.client(streamFetch),
      ...{ streamName: "orders", processor: json(), checkpointer },
      until: "caught-up",
      failoverTimeMs: 1000,
      ...(isFanOut && { fanOut: { consumerARN: world.consumerARN } }),
    });
    for await (const { value } of consumer) values.push(value);
    assertEquals(values.length, 20);
    assertExact(streamFetch);
    assertExact(leaseFetch);
    // The finished lease was deleted with the policy.
    const left = (await admin.list("orders")).map(({ shardId }) => shardId);
    assert(!left.includes("shardId-000000000101"));
  });
}

Deno.test("The policies of an encrypted stream name the key: writers make data keys, readers decrypt", () => {
  const kmsOf = (name: string) =>
    statementsOf(name).filter(({ Action }) => `${Action}`.startsWith("kms:"))
      .map((
        { Action, Resource },
      ) => [Action, isReference(Resource) && Resource.to]);
  assertEquals(kmsOf("ProducerPolicy"), [["kms:GenerateDataKey", "Key.Arn"]]);
  for (const name of ["ConsumerPolicy", "FanOutPolicy", "FunctionReadPolicy"]) {
    assertEquals(kmsOf(name), [["kms:Decrypt", "Key.Arn"]]);
  }
});

const LINTER = "cfn-lint is not installed. Python has it: pip install cfn-lint";

async function lint(): Promise<Deno.CommandOutput | undefined> {
  try {
    const args = [TEMPLATE.pathname];
    return await new Deno.Command("cfn-lint", { args }).output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const linted = await lint();
if (linted) {
  Deno.test("cfn-lint finds no fault in the template of CloudFormation", () => {
    const decoder = new TextDecoder();
    assertEquals(
      decoder.decode(linted.stdout) + decoder.decode(linted.stderr),
      "",
    );
    assertEquals(linted.code, 0);
  });
} else {
  Deno.test.ignore(`CloudFormation: ${LINTER}`, () => {});
}
