/**
 * What a call survives without its caller: late signatures, late keys, look-ups that never end,
 * faults on the way.
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { type Credentials, KinesisClient } from "../../client/mod.ts";
import {
  CredentialsError,
  KinesisError,
  ServiceError,
  TimeoutError,
} from "../../errors.ts";
import { monotonicNow } from "../../_core/clock.ts";
import { fromEnvironment } from "../../credentials/mod.ts";
import { failure, ok, stub, turn } from "./_stub_fetch.ts";

const keys = (name: string, more: Partial<Credentials> = {}): Credentials => ({
  accessKeyId: name,
  secretAccessKey: "secret",
  sessionToken: `token of ${name}`.replaceAll(" ", "-"),
  ...more,
});
const idOf = (headers: Headers) =>
  headers.get("authorization")!.match(/Credential=([^/]+)/)![1]!;

function refusal(type: string, message: string, headers: HeadersInit = {}) {
  return new Response(JSON.stringify({ __type: type, message }), {
    status: 400,
    headers,
  });
}

const LATE =
  "Signature expired: 20261125T170000Z is now earlier than 20261125T175500Z (20261125T180000Z - 5 min.)";

Deno.test("KinesisClient signs again when a signature came too late and the clock is right", async () => {
  for (
    const [type, message] of [
      ["InvalidSignatureException", LATE],
      ["InvalidSignatureException", "Signature not yet current: x"],
      ["SignatureDoesNotMatch", LATE],
      ["RequestExpired", "Request has expired"],
      ["RequestTimeTooSkewed", "no"],
      ["RequestExpiredException", "no"],
      ["RequestInTheFuture", "no"],
    ] as const
  ) {
    for (const hasDate of [true, false]) {
      const { client, sent, run, clock } = stub(({ at }, n) => {
        if (n > 0) return ok();
        const date = { date: new Date(at).toUTCString() };
        return refusal(type, message, hasDate ? date : {});
      }, { retry: { maxAttempts: 1 } });
      const started = clock.now();
      await run(client.listStreams());
      assertEquals([sent.length, clock.now()], [2, started], type);
    }
  }
});

Deno.test("KinesisClient signs the head of a subscription again too", async () => {
  const { client, sent, run } = stub(
    (_, n) =>
      n === 0
        ? refusal("InvalidSignatureException", LATE)
        : new Response(new Blob([]).stream()),
    { retry: { maxAttempts: 1 } },
  );
  const events = await run(client.subscribeToShard({
    ConsumerARN: "arn:aws:kinesis:eu-west-1:123456789012:stream/s/consumer/c:1",
    ShardId: "shardId-000000000000",
    StartingPosition: { Type: "LATEST" },
  }));
  await events.cancel();
  assertEquals(sent.length, 2);
});

Deno.test("KinesisClient gives up on signatures that always come too late, with an error that may be tried again", async () => {
  const { client, sent, run } = stub(() =>
    refusal("InvalidSignatureException", LATE)
  );
  const error = await assertRejects(
    () => run(client.listStreams()),
    ServiceError,
    "the clock of this machine",
  );
  assertEquals([error.retryable, sent.length], [true, 3]);
});

Deno.test("KinesisClient takes an expired token for something that may pass only if its keys may change", async () => {
  const variables: Record<string, string> = {
    AWS_ACCESS_KEY_ID: "env",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_SESSION_TOKEN: "token",
  };
  const environment = {
    env: (name: string) => variables[name],
    readTextFile: () => Promise.reject(new Error("no files")),
  };
  for (
    const [credentials, retryable, requests] of [
      [() => Promise.resolve(keys("a")), true, 3],
      [keys("a"), false, 1],
      // Asked once more, in case the program has set other variables meanwhile.
      [fromEnvironment({ environment }), false, 2],
      [undefined, false, 2],
    ] as const
  ) {
    const { client, sent, run } = stub(() => failure("ExpiredTokenException"), {
      credentials,
      environment,
    });
    const error = await assertRejects(
      () => run(client.listStreams()),
      ServiceError,
      "get new credentials",
    );
    assertEquals([error.retryable, sent.length], [retryable, requests]);
  }
});

Deno.test("KinesisClient waits for keys that are a second late", async () => {
  const { client, clock, sent, run } = stub(
    ({ headers }) =>
      idOf(headers) === "new" ? ok() : failure("ExpiredTokenException"),
    {
      credentials: () =>
        Promise.resolve(keys(clock.now() < newFrom ? "old" : "new")),
      random: () => 0.99,
    },
  );
  const newFrom = clock.now() + 900;
  await run(client.listStreams());
  assertEquals(sent.map(({ headers }) => idOf(headers)), ["old", "old", "new"]);
});

Deno.test("KinesisClient asks once for new keys when many requests were refused, and never doubts the new ones", async () => {
  let asked = 0;
  const { client, clock, sent, run } = stub(async ({ headers }, n) => {
    // The refusals come one after another.
    for (let i = 0; i < n; i++) await turn();
    return idOf(headers) === "id1" ? failure("ExpiredTokenException") : ok();
  }, {
    credentials: () =>
      Promise.resolve(keys(`id${++asked}`, {
        expiration: new Date(clock.now() + 3_600_000),
      })),
  });
  await run(Promise.all(Array.from({ length: 8 }, () => client.listStreams())));
  assertEquals([asked, sent.length], [2, 16]);
});

Deno.test("KinesisClient asks a function again when its keys are not known any more", async () => {
  let asked = 0;
  const { client, sent, run } = stub(
    ({ headers }) =>
      idOf(headers) === "id2" ? ok() : failure("UnrecognizedClientException"),
    {
      credentials: () => Promise.resolve(keys(`id${++asked}`)),
      retry: { maxAttempts: 1 },
    },
  );
  await run(client.listStreams());
  assertEquals([asked, sent.length], [2, 2]);
  // Wrong keys stay an error at once.
  const wrong = stub(() => failure("UnrecognizedClientException"), {
    credentials: () => Promise.resolve(keys("a")),
  });
  const error = await assertRejects(() =>
    wrong.run(wrong.client.listStreams())
  );
  assertInstanceOf(error, ServiceError);
  assertEquals([error.retryable, wrong.sent.length], [false, 2]);
});

Deno.test("KinesisClient calls a function again whose last call never settled", async () => {
  for (const expires of [false, true]) {
    let asked = 0;
    const { client, clock, sent } = stub(() => ok(), {
      credentials: () =>
        ++asked === 1
          ? new Promise<never>(() => {})
          : Promise.resolve(keys("a", {
            expiration: expires ? new Date(clock.now() + 3_600_000) : undefined,
          })),
      timeoutMs: 1000,
      random: () => 0,
      retry: { maxAttempts: 2 },
    });
    const call = client.listStreams();
    await clock.advance(1000);
    await clock.advance(0);
    await call;
    assertEquals([asked, sent.length, clock.pendingTimers], [2, 1, 0]);
  }
});

Deno.test("KinesisClient uses keys that are good yet while their renewal hangs", async () => {
  let asked = 0;
  const { client, clock, sent, run } = stub(() => ok(), {
    credentials: () =>
      ++asked === 2
        ? new Promise<never>(() => {})
        : Promise.resolve(keys(`id${asked}`, {
          expiration: new Date(clock.now() + 600_000),
        })),
    retry: { maxAttempts: 1 },
  });
  await run(client.listStreams());
  await clock.advance(400_000);
  await run(client.listStreams());
  assertEquals(asked, 2);
  // A minute later the renewal is given up and another one is started.
  await clock.advance(60_000);
  await run(client.listStreams());
  await clock.advance(0);
  await run(client.listStreams());
  assertEquals(asked, 3);
  assertEquals(sent.map(({ headers }) => idOf(headers)), [
    "id1",
    "id1",
    "id1",
    "id3",
  ]);
});

Deno.test("KinesisClient reads files again when an earlier read never ended, within its time limit", async () => {
  let reads = 0;
  const { client, clock, sent } = stub(() => ok(), {
    endpoint: undefined,
    region: undefined,
    environment: {
      env: (name) => name === "HOME" ? "/home/me" : undefined,
      readTextFile: () =>
        // The two files of the first call.
        ++reads <= 2
          ? new Promise<never>(() => {})
          : Promise.resolve("[default]\nregion = eu-west-3"),
    },
    timeoutMs: 1000,
  });
  const call = client.listStreams({}, { maxAttempts: 1 });
  const failing = assertRejects(() => call, TimeoutError, "within 1000 ms");
  await clock.advance(1000);
  const error = await failing;
  assertStringIncludes(error.message, "Cannot ListStreams: no answer");
  await client.listStreams();
  assertEquals([reads, sent.length, clock.pendingTimers], [4, 1, 0]);
});

Deno.test("KinesisClient tries again what a proxy or load balancer says once", async () => {
  for (
    const status of [400, 408, 425, 429, 500, 502, 503, 507, 520, 522, 524, 529]
  ) {
    const { client, sent, run } = stub((_, n) =>
      n === 0 ? new Response("<html></html>", { status }) : ok()
    );
    await run(client.listStreams());
    assertEquals(sent.length, 2, `${status}`);
  }
  for (const status of [401, 403, 404, 405, 407, 411, 413, 501, 505]) {
    const { client, sent, run } = stub(() => new Response("", { status }));
    const error = await assertRejects(
      () => run(client.listStreams()),
      ServiceError,
      status > 500 ? "is in trouble" : ". ",
    );
    assertEquals([error.code, error.retryable], [`Http${status}`, false]);
    assertEquals(sent.length, 1, `${status}`);
  }
  const coded = stub(() => failure("InternalFailure", 501));
  await assertRejects(() => coded.run(coded.client.listStreams()));
  assertEquals(coded.sent.length, 1);
});

Deno.test("KinesisClient names the mistake of a fetch that returns no Response", async () => {
  for (const value of [undefined, null, {}, "text"]) {
    let calls = 0;
    const client = new KinesisClient({
      region: "eu-west-1",
      credentials: keys("a"),
      fetch: () => {
        calls++;
        return Promise.resolve(value as unknown as Response);
      },
    });
    const error = await assertRejects(
      () => client.listStreams(),
      KinesisError,
      "Check the option 'fetch'",
    );
    assertEquals([error.code, error.retryable, calls], [
      "InvalidFetch",
      false,
      1,
    ]);
  }
});

Deno.test("KinesisClient does not try again at a port that fetch refuses", async () => {
  const error = await assertRejects(
    () =>
      new KinesisClient({
        endpoint: "http://127.0.0.1:6000",
        credentials: keys("a"),
      }).listStreams(),
    KinesisError,
    "'fetch' refuses port 6000",
  );
  assertEquals([error.code, error.retryable], ["InvalidEndpoint", false]);
});

Deno.test("KinesisClient says what to do when a proxy refuses the connection", async () => {
  const { client, run } = stub(() => {
    throw new TypeError("tunnel error: proxy authorization required");
  }, { retry: { maxAttempts: 1 } });
  await assertRejects(
    () => run(client.listStreams()),
    KinesisError,
    "HTTPS_PROXY=http://user:password@host:port",
  );
});

Deno.test("KinesisClient keeps to its waits when the wall clock is set back", async () => {
  let offset = 0;
  const world = stub(() => ok());
  const wall = {
    now: () => world.clock.now() + offset,
    monotonic: () => world.clock.now(),
    setTimeout: (callback: () => void, ms: number) =>
      world.clock.setTimeout(callback, ms),
    clearTimeout: (handle: unknown) => world.clock.clearTimeout(handle),
  };
  let asked = 0;
  const { client, sent, run } = {
    ...world,
    client: new KinesisClient({
      endpoint: "http://127.0.0.1:1",
      clock: wall,
      random: () => 0.5,
      timeoutMs: 1_000_000,
      credentials: () =>
        ++asked === 1
          ? Promise.reject(new CredentialsError("not yet"))
          : Promise.resolve(keys("a")),
      fetch: () =>
        Promise.resolve(ok({
          StreamDescriptionSummary: { StreamStatus: "CREATING" },
        })),
    }),
  };
  await assertRejects(() => run(client.listStreams()), CredentialsError);
  offset = -3_600_000;
  const started = monotonicNow(wall);
  const error = await assertRejects(
    () =>
      run(client.waitUntilActive({ StreamName: "s" }, { timeoutMs: 10_000 })),
    KinesisError,
    "still CREATING after 10000 ms",
  );
  assertEquals([error.code, sent.length], ["WaitTimedOut", 0]);
  const waited = monotonicNow(wall) - started;
  assert(waited > 5000 && waited <= 10_000, `${waited}`);
});
