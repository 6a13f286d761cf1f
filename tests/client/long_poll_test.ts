import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ReceiveQueueRecordsRequest } from "../../client/mod.ts";
import { ResponseError, ServiceError, TimeoutError } from "../../errors.ts";
import { failure, ok, stub } from "./_stub_fetch.ts";

const QueueARN = "arn:aws:kinesis:eu-west-1:123456789012:queue/q1";
const NONE = { QueueRecords: [] };

/** A client whose server answers when the test says so. */
function slow(timeoutMs: number) {
  let answer = (_: Response) => {};
  const found = stub(({ signal }) =>
    new Promise((resolve, reject) => {
      answer = resolve;
      signal.addEventListener("abort", () => reject(signal.reason));
    }), { timeoutMs, retry: { maxAttempts: 1 } });
  return { ...found, answer: () => answer(ok(NONE)) };
}

const methods = [
  "receiveQueueRecords",
  "receiveDeadLetterQueueRecords",
] as const;

Deno.test("KinesisClient.receiveQueueRecords starts the time limit of an attempt after the wait that it asks for", async () => {
  for (
    const [request, waitMs] of [
      [{ WaitTimeSeconds: 20 }, 20_000],
      [{ WaitTimeSeconds: 1 }, 1000],
      [{}, 9000],
    ] as [Partial<ReceiveQueueRecordsRequest>, number][]
  ) {
    for (const method of methods) {
      const { client, clock, reached, answer } = slow(500);
      const inTime = client[method]({ QueueARN, ...request });
      await reached(1);
      await clock.advance(waitMs + 499);
      answer();
      assertEquals(await inTime, NONE);

      const late = client[method]({ QueueARN, ...request });
      const refused = assertRejects(
        () => late,
        TimeoutError,
        `within ${waitMs + 500} ms`,
      );
      await reached(2);
      await clock.advance(waitMs + 500);
      assert((await refused).retryable);
      assertEquals(clock.pendingTimers, 0);
    }
  }
});

Deno.test("KinesisClient.receiveQueueRecords adds the wait to the 'timeoutMs' of a call, and no other action does", async () => {
  const { client, clock, reached, answer } = slow(1);
  for (const [i, timeoutMs] of [500, Infinity].entries()) {
    const answered = client.receiveQueueRecords({ QueueARN }, { timeoutMs });
    await reached(i + 1);
    await clock.advance(9400);
    answer();
    await answered;
  }
  const other = assertRejects(
    () => client.describeQueue({ QueueARN }, { timeoutMs: 500 }),
    TimeoutError,
    "within 500 ms",
  );
  await reached(3);
  await clock.advance(500);
  await other;
});

Deno.test("KinesisClient.receiveQueueRecords asks again after a throttle, a fault and a lost answer, but not after a mistake", async () => {
  const answers = [
    () => failure("ThrottlingException"),
    () => failure("InternalFailureException", 500),
    () => Promise.reject(new TypeError("connection reset")),
    () => ok(NONE),
  ];
  const { client, sent, run } = stub((_, n) => answers[n]!(), {
    retry: { maxAttempts: 4 },
  });
  assertEquals(await run(client.receiveQueueRecords({ QueueARN })), NONE);
  assertEquals(sent.length, 4);
  // After a throttle the first delay is up to a second.
  assert(sent[1]!.at - sent[0]!.at >= 400);

  const mistaken = stub(() => failure("ValidationException"));
  await assertRejects(
    () => mistaken.run(mistaken.client.receiveQueueRecords({ QueueARN })),
    ServiceError,
  );
  assertEquals(mistaken.sent.length, 1);
});

/** An answer of so many bytes. */
function large(bytes: number): Response {
  const text = new TextEncoder();
  const chunk = new Uint8Array(1024 * 1024).fill(0x20);
  let left = bytes;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left > 0) controller.enqueue(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0) return;
      controller.enqueue(text.encode(JSON.stringify(NONE)));
      controller.close();
    },
  });
  return new Response(body);
}

Deno.test("KinesisClient.receiveQueueRecords reads ten records of the largest size", async () => {
  const tenRecords = 10 * 10 * 1024 * 1024 * 4 / 3;
  const { client, run } = stub(() => large(tenRecords));
  assertEquals(await run(client.receiveQueueRecords({ QueueARN })), NONE);
  await assertRejects(
    () => run(client.describeQueue({ QueueARN })),
    ResponseError,
    "more than 67108864 bytes",
  );
});

Deno.test("KinesisClient.createQueue says where the ARN of a queue is that exists already", async () => {
  const { client, run } = stub((_, n) =>
    n === 0
      ? Promise.reject(new TypeError("connection reset"))
      : failure("ResourceInUseException")
  );
  await assertRejects(
    () =>
      run(client.createQueue({
        QueueName: "q",
        StreamConfigurationList: [{
          StreamARN: "arn:aws:kinesis:eu-west-1:123456789012:stream/orders",
        }],
      })),
    ServiceError,
    "listAllQueues",
  );
});
