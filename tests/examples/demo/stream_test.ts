import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Cleanup } from "../../../examples/demo/cleanup.ts";
import { openStream } from "../../../examples/demo/stream.ts";
import { KinesisClient, ServiceError } from "../../../mod.ts";
import { KinesisServer } from "../../../testing/mod.ts";

const connection = { endpoint: "http://kinesis", region: "us-east-1" };

/** A Kinesis in memory that answers the next calls of some actions with an error. */
function setUp(failures: Record<string, string[]>) {
  const server = new KinesisServer();
  const calls: string[] = [];
  const client = new KinesisClient({
    ...server.connection,
    retry: { maxAttempts: 1 },
    fetch: (input, init) => {
      const action = new Headers(init?.headers).get("x-amz-target")!
        .split(".")[1]!;
      calls.push(action);
      const __type = failures[action]?.shift();
      return __type
        ? Promise.resolve(
          Response.json({ __type, message: "no" }, { status: 400 }),
        )
        : server.fetch(input, init);
    },
  });
  const cleanup = new Cleanup();
  const open = (name?: string) =>
    openStream({
      client,
      connection,
      name,
      shards: 1,
      cleanup,
      signal: new AbortController().signal,
    });
  return { server, calls, cleanup, open };
}

Deno.test("Cleanup removes a stream that was still being changed when it is active", async () => {
  const { server, calls, cleanup, open } = setUp({
    DeleteStream: ["ResourceInUseException"],
  });
  const { isOwn } = await open();
  assertEquals(isOwn, true);
  calls.length = 0;
  assertEquals(await cleanup.removeAll(), []);
  assertEquals(calls[0], "DeleteStream");
  assertEquals(calls.at(-1), "DeleteStream");
  server.close();
});

Deno.test("openStream leaves nothing to remove when making the stream is refused", async () => {
  const { server, cleanup, open } = setUp({
    CreateStream: ["LimitExceededException"],
  });
  await assertRejects(() => open());
  assertEquals(cleanup.removeAtOnce(), []);
  server.close();
});

Deno.test("openStream does not remove a stream of the user's name that appears at the same time", async () => {
  const { server, calls, cleanup, open } = setUp({
    CreateStream: ["ResourceInUseException"],
  });
  const error = await assertRejects(() => open("orders"), ServiceError);
  assertEquals(error.code, "ResourceInUseException");
  const [left] = await cleanup.removeAll();
  assertStringIncludes(left!, "perhaps the stream orders in http://kinesis");
  assertEquals(calls.includes("DeleteStream"), false);
  server.close();
});
