/**
 * What a producer survives although the service refuses whole requests: late keys, late signatures,
 * Retry-After.
 */
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertRejects,
} from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";
import { DeliveryError, ServiceError } from "../../errors.ts";
import { string } from "../../processors/mod.ts";
import { Producer, type ProducerOptions } from "../../producer.ts";
import { KinesisServer } from "../../testing/mod.ts";
import { unhandledRejections } from "../_services/unhandled_rejections.ts";
import { setUpProducer, unavailable } from "./_set_up.ts";

function setUp(options: Partial<ProducerOptions<string>> = {}) {
  return setUpProducer<string>({
    processor: string(),
    lingerMs: 1,
    maxBatchRecords: 1,
    shardRates: false,
    ...options,
  });
}

/**
 * The client's error for a refusal that ends soon or never, such as expired credentials of a
 * function.
 */
function refused(code: string, retryable = true, retryAfterMs?: number) {
  return new ServiceError(`Cannot PutRecords: ${code}`, {
    code,
    action: "PutRecords",
    status: 400,
    retryable,
    retryBriefly: retryable,
    retryAfterMs,
  });
}

const DOUBTFUL = [
  "ExpiredTokenException",
  "InvalidSignatureException",
  "RequestExpired",
  "Http400",
];

Deno.test("Producer counts rounds of refusals and not the requests in flight", async () => {
  for (const code of DOUBTFUL) {
    const { clock, client, producer } = setUp({ maxInFlight: 8 });
    client.latencyMs = 20;
    const healsAt = clock.now() + 5000;
    client.onPut = () => {
      if (clock.now() < healsAt) throw refused(code);
      return undefined;
    };
    const puts = Array.from({ length: 40 }, (_, i) => producer.put(`${i}`));
    await clock.runUntil(Promise.all(puts));
    assertEquals(client.stored.length, 40);
    assertGreaterOrEqual(client.requests.length, 8 * 5);
    await clock.runUntil(producer.close());
  }
});

Deno.test("Producer ends with the error of keys that never heal, after 10 to 30 seconds, whatever maxAttempts is", async () => {
  for (const code of DOUBTFUL) {
    const { clock, client, producer } = setUp({
      maxInFlight: 8,
      maxAttempts: 1_000_000,
    });
    client.latencyMs = 20;
    client.onPut = () => {
      throw refused(code);
    };
    const started = clock.now();
    const puts = Array.from({ length: 8 }, (_, i) => producer.put(`${i}`));
    for (const put of puts) put.catch(() => {});
    const error = await assertRejects(
      () => clock.runUntil(producer.close()),
      DeliveryError,
    );
    assertEquals([error.code, error.failures.length], [code, 8]);
    const tookMs = clock.now() - started;
    assertGreaterOrEqual(tookMs, 10_000);
    assertLessOrEqual(tookMs, 30_000);
  }
});

Deno.test("Producer ends at once when fixed keys have expired", async () => {
  const { clock, client, producer } = setUp();
  client.onPut = () => {
    throw refused("ExpiredTokenException", false);
  };
  producer.put("a").catch(() => {});
  await assertRejects(() => clock.runUntil(producer.close()), DeliveryError);
  assertEquals(client.requests.length, 1);
});

Deno.test("Producer does not take answers to older requests for another round", async () => {
  const { clock, client, producer } = setUp({ maxInFlight: 20 });
  // Sent together, refused one after another over a long time.
  client.onPut = async (_, n) => {
    if (n >= 20) return undefined;
    await new Promise<void>((resolve) => clock.setTimeout(resolve, n * 1000));
    throw refused("ExpiredTokenException");
  };
  const puts = Array.from({ length: 20 }, (_, i) => producer.put(`${i}`));
  await clock.runUntil(Promise.all(puts));
  assertEquals(client.stored.length, 20);
  await clock.runUntil(producer.close());
});

Deno.test("Producer is patient with late keys at its start, and ends with their error", async () => {
  const late = setUp();
  const healsAt = late.clock.now() + 5000;
  late.client.onList = () => {
    if (late.clock.now() < healsAt) throw refused("ExpiredTokenException");
  };
  await late.clock.runUntil(late.producer.put("a"));
  await late.clock.runUntil(late.producer.close());

  for (const retryable of [true, false]) {
    const { clock, client, producer } = setUp();
    client.onList = () => {
      throw refused("ExpiredTokenException", retryable);
    };
    const put = producer.put("a").catch((error) => error);
    assertEquals((await clock.runUntil(put)).code, "ExpiredTokenException");
    assertEquals(client.listings, retryable ? 20 : 1);
    await clock.runUntil(producer.close().catch(() => {}));
  }
});

function later(retryAfterMs: number): ServiceError {
  const { message, code, action } = unavailable();
  const status = 503;
  const retryable = true;
  return new ServiceError(message, {
    code,
    action,
    status,
    retryable,
    retryAfterMs,
  });
}

Deno.test("Producer waits at least as long as the service asks, all requests together, and a minute at most", async () => {
  for (const [asked, waited] of [[3000, 3000], [86_400_000, 60_000]] as const) {
    const { clock, client, producer } = setUp({ maxInFlight: 8 });
    client.onPut = (_, n) => {
      // The one that asks for most comes last.
      if (n < 8) throw later(n < 7 ? 10 : asked);
      return undefined;
    };
    const puts = Array.from({ length: 30 }, (_, i) => producer.put(`${i}`));
    await clock.runUntil(Promise.all(puts));
    const started = client.times[0]!;
    assert(client.times.slice(0, 8).every((time) => time === started));
    assertGreaterOrEqual(client.times[8]! - started, waited);
    assertLessOrEqual(client.times[8]! - started, waited + 5000);
    await clock.runUntil(producer.close());
  }
});

Deno.test("Producer waits as long as the service asks before it learns its shards", async () => {
  for (const asked of [2000, 7000]) {
    const { clock, client, producer } = setUp();
    const started = clock.now();
    client.onList = () => {
      if (client.listings === 1) throw later(asked);
    };
    await clock.runUntil(producer.put("a"));
    // The first values wait three seconds at most.
    const waited = clock.now() - started;
    assertEquals(waited >= 3000, asked > 3000);
    assertGreaterOrEqual(waited, Math.min(asked, 3000));
    await clock.runUntil(producer.close());
    assertEquals(client.listings, asked > 3000 ? 1 : 2);
  }
});

Deno.test("Producer closes and aborts while it waits as long as the service asks", async () => {
  for (const ending of ["close", "abort"] as const) {
    const { clock, client, producer } = setUp();
    client.onPut = (_, n) => {
      if (n === 0) throw later(30_000);
      return undefined;
    };
    const put = producer.put("a").catch(() => {});
    await clock.advance(1000);
    const started = clock.now();
    await clock.runUntil(producer[ending]());
    if (ending === "abort") assertEquals(clock.now(), started);
    else assertGreaterOrEqual(clock.now() - started, 29_000);
    await put;
    assertEquals(clock.pendingTimers, 0);
  }
});

Deno.test("Producer and KinesisClient let the rejection of an async hook disturb nothing", async () => {
  const hook = async () => {
    await undefined;
    throw new Error("the metrics server is down");
  };
  const server = new KinesisServer();
  server.createStream("s");
  const reasons = await unhandledRejections(async () => {
    const producer = new Producer<string>({
      client: new KinesisClient({
        ...server.connection,
        hooks: { onAttempt: hook },
      }),
      streamName: "s",
      processor: string(),
      lingerMs: 1,
      hooks: { onBatch: hook, onShardMap: hook, onBuffer: hook },
    });
    await producer.put("a");
    await producer.close();
  });
  assertEquals(reasons, []);
});
