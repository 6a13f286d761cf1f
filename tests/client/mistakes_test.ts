/** The commonest mistakes and what each of them says; `docs/client.md` shows the same table. */
import { assertEquals, assertInstanceOf } from "@std/assert";
import {
  type Environment,
  type Fetch,
  KinesisClient,
  type KinesisClientOptions,
} from "../../client/mod.ts";
import { KinesisServer } from "../../testing/mod.ts";
import { type Clock, systemClock } from "../../_core/clock.ts";

const REGION = "eu-west-1";
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const nothing: Environment = {
  env: () => undefined,
  readTextFile: () => Promise.reject(new Error("no such file")),
};

function server(): KinesisServer {
  const server = new KinesisServer({
    region: REGION,
    credentials,
  });
  server.createStream("orders");
  return server;
}

/** What AWS answers where the in-memory server knows no policies and no expiry. */
function answering(type: string, message: string, status = 400): Fetch {
  return () =>
    Promise.resolve(
      new Response(JSON.stringify({ __type: type, message }), { status }),
    );
}

/** What something on the way answers: nothing that Kinesis would say. */
function status(status: number): Fetch {
  return () => Promise.resolve(new Response("", { status }));
}

function describe(
  options: KinesisClientOptions,
  StreamName = "orders",
): Promise<unknown> {
  const client = new KinesisClient({
    region: REGION,
    credentials,
    environment: nothing,
    fetch: server().fetch,
    retry: { maxAttempts: 1 },
    ...options,
  });
  return client.describeStreamSummary({ StreamName });
}

const tomorrow: Clock = {
  ...systemClock,
  now: () => systemClock.now() + 86_400_000,
};

/** A port of this machine on which no server listens. */
function closedPort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

const refused = closedPort();
const mistakes: Record<string, () => Promise<unknown>> = {
  "No region is set": () => describe({ region: undefined }),
  "The stream is in another region": () =>
    describe({
      region: "eu-west-2",
      fetch: new KinesisServer({ region: "eu-west-2" }).fetch,
    }),
  "A typo in the name of the stream": () => describe({}, "order"),
  "No credentials": () =>
    describe({
      credentials: undefined,
      // No container, no instance.
      fetch: () => Promise.reject(new TypeError("connection refused")),
    }),
  "An access key id that does not exist": () =>
    describe({ credentials: { ...credentials, accessKeyId: "AKIDOTHER" } }),
  "A wrong secret access key": () =>
    describe({ credentials: { ...credentials, secretAccessKey: "wrong" } }),
  "A static key that is empty": () =>
    describe({ credentials: { ...credentials, accessKeyId: "" } }),
  "A line break that was pasted with a key": () =>
    describe({ credentials: { ...credentials, secretAccessKey: "secret\n" } }),
  "An expired session token": () =>
    describe({
      fetch: answering(
        "ExpiredTokenException",
        "The security token included in the request is expired",
      ),
    }),
  "No permission": () =>
    describe({
      fetch: answering(
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/app is not authorized to perform: kinesis:DescribeStreamSummary on resource: arn:aws:kinesis:eu-west-1:123456789012:stream/orders because no identity-based policy allows the kinesis:DescribeStreamSummary action",
      ),
    }),
  "The clock of the machine is wrong": () => describe({ clock: tomorrow }),
  "An ARN of another region": () =>
    new KinesisClient({ region: REGION, credentials }).describeStreamSummary({
      StreamARN: "arn:aws:kinesis:us-east-1:123456789012:stream/orders",
    }),
  "A name where an ARN belongs": () =>
    new KinesisClient({ region: REGION, credentials }).describeStreamSummary({
      StreamARN: "orders",
    }),
  "A text where bytes belong": () =>
    new KinesisClient({ region: REGION, credentials }).putRecord({
      StreamName: "orders",
      PartitionKey: "user-7",
      Data: "hello" as unknown as Uint8Array<ArrayBuffer>,
    }),
  "No server listens at the endpoint": () =>
    describe({ endpoint: `http://127.0.0.1:${refused}`, fetch: undefined }),
  "Plain http to another machine": () =>
    describe({ endpoint: "http://kinesis.internal:4567" }),
  "The endpoint is not one of Kinesis": () =>
    describe({
      fetch: () =>
        Promise.resolve(
          new Response("<html>Welcome</html>", {
            headers: { "content-type": "text/html" },
          }),
        ),
    }),
  "The port is one that fetch refuses": () =>
    describe({ endpoint: "http://127.0.0.1:6000", fetch: undefined }),
  "The fetch that was given returns nothing": () =>
    describe({ fetch: (() => Promise.resolve()) as unknown as Fetch }),
  "A proxy wants credentials": () => describe({ fetch: status(407) }),
  "A request is too large for a proxy": () => describe({ fetch: status(413) }),
  "A fault without a reason": () => describe({ fetch: status(500) }),
  "The metadata service of the instance is switched off": () =>
    describe({ credentials: undefined, fetch: status(403) }),
  "No room for another stream": () =>
    new KinesisClient({
      region: REGION,
      credentials,
      fetch: answering(
        "LimitExceededException",
        "This request would exceed the shard limit for the account 123456789012 in eu-west-1. Current shard count for the account: 500. Limit: 500. Number of additional shards that would have resulted from this request: 1",
      ),
    }).createStream({ StreamName: "orders", ShardCount: 1 }),
  "No permission for the key of an encrypted stream": () =>
    new KinesisClient({
      region: REGION,
      credentials,
      fetch: answering(
        "KMSAccessDeniedException",
        "User: arn:aws:iam::123456789012:user/app is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:123456789012:key/1 because no identity-based policy allows the kms:GenerateDataKey action",
      ),
    }).putRecord({
      StreamName: "orders",
      PartitionKey: "user-7",
      Data: new TextEncoder().encode("hello"),
    }),
};

Deno.test("docs/client.md shows what KinesisClient says to the commonest mistakes", async () => {
  const entries: string[] = [];
  for (const [mistake, make] of Object.entries(mistakes)) {
    try {
      await make();
      entries.push(`- ${mistake}: corrected, nothing is thrown`);
    } catch (error) {
      assertInstanceOf(error, Error);
      const code = "code" in error ? `, \`${error.code}\`` : "";
      const text = error.message.replace(/ \(request [^)]*\)/, " (request …)")
        .replaceAll(String(refused), "4567");
      const lines = text.split("\n").map((line) => `  ${line}`);
      entries.push(
        [
          `- ${mistake}: \`${error.name}\`${code}`,
          "  ```text",
          ...lines,
          "  ```",
        ]
          .join("\n"),
      );
    }
  }
  const docs = await Deno.readTextFile(
    new URL("../../docs/client.md", import.meta.url),
  );
  const [, shown = ""] = docs.split("<!-- mistakes -->");
  // The formatter decides where lines end.
  const words = (text: string) => text.trim().split(/\s+/).join(" ");
  assertEquals(words(shown), words(entries.join("\n")));
});
