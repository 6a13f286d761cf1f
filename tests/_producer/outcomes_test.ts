import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  isSurprising,
  outcomesOfAnswer,
  outcomesOfFailure,
  throttledByShard,
} from "../../_producer/outcomes.ts";
import type { Outgoing } from "../../_producer/outgoing.ts";
import { SendQueue } from "../../_producer/send_queue.ts";
import { Pending } from "../../_producer/pending.ts";
import { ServiceError } from "../../errors.ts";

/** A batch with one record for each shard. */
function batchOf(...shards: string[]): Outgoing<string>[] {
  const queue = new SendQueue<string>(
    { rates: undefined, quantumMs: 1 },
    {
      version: 0,
      commonShards: 0,
      shardOf: ({ partitionKey }) => partitionKey,
    },
    {
      groupsOf: () => [],
      followsShards: false,
      joins: false,
      isScattered: () => false,
    },
  );
  for (const partitionKey of shards) {
    const puts = [new Pending("v", partitionKey, undefined, 0)];
    queue.add({ data: new Uint8Array(), partitionKey, size: 1, puts });
  }
  return queue.nextBatch({ maxRecords: 9, maxBytes: 9 }, 0);
}

Deno.test("outcomesOfAnswer distinguishes stored from rejected records, with absent, null and empty fields", () => {
  const batch = batchOf("a", "b", "c", "d");
  const outcomes = outcomesOfAnswer(batch, {
    Records: [
      { ShardId: "x", SequenceNumber: "1", ErrorCode: "" },
      { SequenceNumber: "2" },
      { ErrorCode: "ProvisionedThroughputExceededException" },
      null as unknown as Record<string, never>,
    ],
  }, "s");
  assertEquals(
    outcomes.map((outcome) =>
      outcome.type === "stored" ? outcome.receipt.shardId : outcome.error.code
    ),
    [
      "x",
      "b",
      "ProvisionedThroughputExceededException",
      "InternalFailure",
    ],
  );
  assertEquals(
    batch.map((item, i) => isSurprising(item, outcomes[i]!)),
    [true, false, false, false],
  );
  assertEquals([...throttledByShard(batch, outcomes)], [["c", 1]]);
});

Deno.test("outcomesOfFailure gives every record the error of the request", () => {
  const batch = batchOf("a", "b");
  const error = new ServiceError("slow down", {
    code: "ThrottlingException",
    action: "PutRecords",
    status: 400,
    throttled: true,
    retryable: true,
  });
  const retries = outcomesOfFailure(batch, error, false);
  assertEquals(retries.map(({ type }) => type), ["retry", "retry"]);
  assertEquals([...throttledByShard(batch, retries)], [["a", 1], ["b", 1]]);
  const fatal = outcomesOfFailure(batch, error, true);
  assertEquals(fatal.map(({ type }) => type), ["fatal", "fatal"]);
  assertEquals(throttledByShard(batch, fatal).size, 0);
  const [first] = fatal;
  if (first!.type === "fatal") assertStrictEquals(first!.error, error);
});
