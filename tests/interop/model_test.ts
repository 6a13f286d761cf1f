/** Names, limits, errors, lists and waits of the client beside those of botocore. */
import { assert, assertEquals } from "@std/assert";
import * as limits from "../../_aws/limits.ts";
import { serviceError } from "../../_aws/service_error.ts";
import { KinesisClient } from "../../client/mod.ts";
import { QueueConsumer } from "../../queue.ts";
import { json } from "../../processors/mod.ts";
import { KinesisServer } from "../../testing/mod.ts";
import model from "./model/model.json" with { type: "json" };

const METHODS = Object.getOwnPropertyNames(KinesisClient.prototype);
const ACTIONS = Object.keys(model.actions);
const MAX = model.limits as Record<string, { min?: number; max?: number }>;

/** The method for each list of botocore that has pages. */
const LISTS: Record<string, string> = {
  // Pages of shards, which ListShards lists with higher limits.
  DescribeStream: "listAllShards",
  ListChannels: "listAllChannels",
  ListQueues: "listAllQueues",
  ListShards: "listAllShards",
  ListStreamConsumers: "listAllStreamConsumers",
  ListStreams: "listAllStreams",
};
/** The method for each wait of botocore. */
const WAITS: Record<string, string> = {
  ChannelActive: "waitUntilChannelActive",
  StreamExists: "waitUntilActive",
  StreamNotExists: "waitUntilDeleted",
};

Deno.test("KinesisClient has a method for every list and every wait of botocore", () => {
  assertEquals(Object.keys(LISTS).sort(), model.paginators);
  assertEquals(Object.keys(WAITS).sort(), Object.keys(model.waiters).sort());
  for (const method of [...Object.values(LISTS), ...Object.values(WAITS)]) {
    assert(METHODS.includes(method), method);
  }
});

Deno.test("The limits in the code are those of botocore", () => {
  assertEquals(limits.MAX_BATCH_RECORDS, MAX.PutRecordsRequestEntryList!.max);
  assertEquals(limits.MAX_READ_RECORDS, MAX.GetRecordsInputLimit!.max);
  assertEquals(limits.MAX_RECORD_BYTES, MAX.Data!.max);
  assertEquals(limits.MAX_PARTITION_KEY_CHARACTERS, MAX.PartitionKey!.max);
  const options = (queue: object) => () =>
    new QueueConsumer({
      client: new KinesisClient(),
      queueARN: "arn:aws:kinesis:us-east-1:123456789012:queue/q",
      processor: json(),
      ...queue,
    });
  const allows = (make: () => unknown) => {
    try {
      make();
      return true;
    } catch (error) {
      assert(error instanceof RangeError, `${error}`);
      return false;
    }
  };
  const { max: visibility } = MAX.VisibilityTimeoutSeconds!;
  const { max: wait } = MAX.ReceiveQueueRecordsWaitTimeSeconds!;
  assert(allows(options({ visibilityTimeoutSeconds: visibility })));
  assert(!allows(options({ visibilityTimeoutSeconds: visibility! + 1 })));
  assert(allows(options({ waitTimeSeconds: wait })));
  assert(!allows(options({ waitTimeSeconds: wait! + 1 })));
});

/** What becomes of each error that an action may answer with: whether the call is repeated. */
const REPEATED: Record<string, boolean> = {
  AccessDeniedException: false,
  DryRunOperationException: false,
  ExpiredIteratorException: false,
  ExpiredNextTokenException: false,
  InternalFailureException: true,
  InvalidArgumentException: false,
  KMSAccessDeniedException: false,
  KMSDisabledException: false,
  KMSInvalidStateException: false,
  KMSNotFoundException: false,
  KMSOptInRequired: false,
  KMSThrottlingException: true,
  LimitExceededException: true,
  ProvisionedThroughputExceededException: true,
  ResourceInUseException: false,
  ResourceNotFoundException: false,
  ThrottlingException: true,
  ValidationException: false,
};

Deno.test("KinesisClient knows every error of botocore, and repeats a call only where that helps", () => {
  const errors = new Set(
    Object.values(model.actions).flatMap(({ errors }) => errors),
  );
  assertEquals([...errors].sort(), Object.keys(REPEATED).sort());
  for (const [action, { errors }] of Object.entries(model.actions)) {
    for (const code of errors) {
      const { retryable } = serviceError({
        action,
        target: "us-east-1",
        status: code === "InternalFailureException" ? 500 : 400,
        headers: new Headers(),
        body: { type: code },
      });
      // Of these, the limit is one on the number of resources.
      const isCapacity = code === "LimitExceededException" &&
        ["CreateStream", "UpdateShardCount"].includes(action);
      assertEquals(
        retryable,
        REPEATED[code] && !isCapacity,
        `${action} ${code}`,
      );
    }
  }
});

Deno.test("The in-memory server answers every action of botocore, and no other", async () => {
  const server = new KinesisServer();
  const codeOf = async (action: string) => {
    const response = await server.fetch("http://kinesis.test/", {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `Kinesis_20131202.${action}`,
      },
      body: "{}",
    });
    const { __type = "" } = JSON.parse(await response.text() || "{}");
    return String(__type);
  };
  for (const action of ACTIONS) {
    assert(!/Unknown/.test(await codeOf(action)), action);
  }
  assert(/Unknown/.test(await codeOf("DoNothing")));
});

const newest = await checkNewest();

Deno.test({
  name: "The files of the model say what the newest botocore says",
  ignore: newest === undefined,
  fn: () => assertEquals(newest?.differing, []),
});

/**
 * Compares the files with the botocore that Python has; `undefined` if it has none, or an older one
 * than the files were made from.
 */
async function checkNewest(): Promise<{ differing: string[] } | undefined> {
  const python = Deno.env.get("KINESIS_PYTHON") ?? "python3";
  const folder = new URL("model/", import.meta.url).pathname;
  let stdout: Uint8Array;
  try {
    const command = new Deno.Command(python, {
      args: [`${folder}generate.py`, folder, "--check"],
      stderr: "null",
    });
    stdout = (await command.output()).stdout;
  } catch {
    return undefined;
  }
  const text = new TextDecoder().decode(stdout);
  if (text === "") return undefined;
  const found = JSON.parse(text);
  const isOlder = found.botocore.localeCompare(model.botocore, undefined, {
    numeric: true,
  }) < 0;
  return isOlder ? undefined : found;
}
