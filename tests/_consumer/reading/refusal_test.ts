import { assertEquals } from "@std/assert";
import { remedyFor } from "../../../_consumer/reading/refusal.ts";
import { type KinesisError, ServiceError } from "../../../errors.ts";
import type { ShardPosition, StartPosition } from "../../../records.ts";

const NOW = 1_700_000_000_000;
const cause = new ServiceError("no", {
  code: "InvalidArgumentException",
  action: "GetShardIterator",
  status: 400,
});
const at = (ms: number): ShardPosition => ({
  type: "AT_TIMESTAMP",
  timestamp: new Date(NOW + ms),
});

function remedy(
  position: ShardPosition,
  from: StartPosition,
  serviceNow: number | undefined = NOW,
) {
  return remedyFor({ cause, shardId: "a", position, from, serviceNow });
}

Deno.test("remedyFor waits for a time of the user, a minute at most at a time", () => {
  const from = new Date(NOW);
  assertEquals(remedy(at(5000), from), { type: "wait", ms: 5000 });
  assertEquals(remedy(at(500_000), from), { type: "wait", ms: 60_000 });
  assertEquals(
    remedyFor({
      ...{ cause, shardId: "a", position: at(5000), from },
      serviceNow: undefined,
    }),
    { type: "again" },
  );
});

Deno.test("remedyFor reads everything where a time stands for LATEST and has not come", () => {
  assertEquals(remedy(at(5000), "LATEST"), { type: "oldest" });
  const from = { a: { type: "LATEST" } } as const;
  assertEquals(remedy(at(5000), from), { type: "oldest" });
});

Deno.test("remedyFor tells a sequence number of the user from a stored one", () => {
  for (const type of ["SEQUENCE", "AT_SEQUENCE_NUMBER"] as const) {
    const position = { type, sequenceNumber: "7" };
    const { error } = remedy(position, { a: position }) as {
      error: KinesisError;
    };
    assertEquals(error.code, "PositionRefused");
    assertEquals(
      error.message,
      'Cannot start a at sequence number 7 as the service refuses it: from["a"] must have a ' +
        "number of this shard",
    );
  }
  const stored = { type: "SEQUENCE", sequenceNumber: "8" } as const;
  const from = { a: { type: "SEQUENCE", sequenceNumber: "7" } } as const;
  const { error } = remedy(stored, from) as { error: KinesisError };
  assertEquals(error.code, "CheckpointRefused");
});

Deno.test("remedyFor gives up what no time helps", () => {
  const failed = { type: "fail", error: cause } as const;
  assertEquals(remedy(at(-1), "LATEST"), failed);
  assertEquals(remedy({ type: "TRIM_HORIZON" }, "LATEST"), failed);
  const { type } = remedy({ type: "SEQUENCE", sequenceNumber: "7" }, "LATEST");
  assertEquals(type, "fail");
});
