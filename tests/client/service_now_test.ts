import { assertEquals, assertRejects } from "@std/assert";
import { failure, ok, stub } from "./_stub_fetch.ts";

const at = (ms: number) => ({ date: new Date(ms).toUTCString() });
const TIME = Date.UTC(2030, 0, 1);

Deno.test("KinesisClient.serviceNow is the date of the last answer, carried on", async () => {
  const answers = [ok({}, at(TIME)), ok({}), ok({}, at(TIME + 60_000))];
  const { client, run, clock } = stub(() => answers.shift()!);
  assertEquals(client.serviceNow(), undefined);
  await run(client.describeLimits());
  assertEquals(client.serviceNow(), TIME);
  await clock.advance(5000);
  assertEquals(client.serviceNow(), TIME + 5000);
  // An answer without a date tells nothing.
  await run(client.describeLimits());
  assertEquals(client.serviceNow(), TIME + 5000);
  await run(client.describeLimits());
  assertEquals(client.serviceNow(), TIME + 60_000);
});

Deno.test("KinesisClient.serviceNow hears of answers that are errors, and of no damaged date", async () => {
  const answers = [
    failure("AccessDeniedException", 400, at(TIME)),
    ok({}, { date: "yesterday" }),
  ];
  const { client, run } = stub(() => answers.shift()!);
  await assertRejects(() => run(client.describeLimits()));
  assertEquals(client.serviceNow(), TIME);
  await run(client.describeLimits());
  assertEquals(client.serviceNow(), TIME);
});

Deno.test("KinesisClient.serviceNow does not follow jumps of the machine's clock", async () => {
  let wall = TIME - 3_600_000, monotonic = 0;
  const clock = {
    now: () => wall,
    monotonic: () => monotonic,
    setTimeout: () => undefined,
    clearTimeout: () => {},
  };
  const { client } = stub(() => ok({}, at(TIME)), { clock });
  await client.describeLimits();
  wall += 7_200_000;
  monotonic += 1000;
  assertEquals(client.serviceNow(), TIME + 1000);
});
