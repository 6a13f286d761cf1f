import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../errors.ts";
import { assertComplete, values, World } from "./_world.ts";

const KEYS = { accessKeyId: "id", secretAccessKey: "secret" };

function expired(action: string, times?: number) {
  const code = "ExpiredTokenException";
  return new World({
    rules: [{ action, times, fault: { type: "error", code, status: 400 } }],
  });
}

Deno.test("Consumer is patient with keys that are late, at its start and later", async () => {
  for (const action of ["ListShards", "GetShardIterator", "GetRecords"]) {
    const world = expired(action, 10);
    await world.put(20);
    const client = world.client(undefined, () => Promise.resolve(KEYS));
    const records = await world.drain(
      world.consumer({ client, until: "caught-up" }),
    );
    assertComplete(values(records), world.written);
    assert(world.errors.length >= 4, `${world.errors.length}`);
  }
});

Deno.test("Consumer ends with the error of keys that never heal, and at once with that of fixed keys", async () => {
  for (const keys of [() => Promise.resolve(KEYS), undefined]) {
    const world = expired("GetRecords");
    const client = world.client(undefined, keys);
    const error = await assertRejects(
      () => world.drain(world.consumer({ client })),
      ServiceError,
      "The session token has expired",
    );
    assertEquals(error.retryable, keys !== undefined);
    assertEquals(world.errors.length, keys ? 9 : 0);
  }
});
