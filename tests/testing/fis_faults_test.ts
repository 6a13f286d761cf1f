import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type FisAction,
  type FisActionId,
  fisFaults,
  KinesisServer,
  withFaults,
} from "../../testing/mod.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { requestInit } from "./_call.ts";

const THROUGHPUT = "aws:kinesis:stream-provisioned-throughput-exception";
const ALWAYS = { duration: "PT1M", percentage: "100" };

function setUp(...actions: FisAction[]) {
  const clock = new FakeClock();
  const server = new KinesisServer({ limits: false, clock });
  server.createStream("s");
  const fetch = withFaults(server.fetch, fisFaults(actions, { clock }));
  const call = async (action: string, input: object = {}) => {
    const response = await fetch("https://k/", requestInit(action, input));
    const body = await response.json();
    return [response.status, body.__type];
  };
  return { clock, fetch, call };
}

Deno.test("fisFaults answers as Kinesis does in an experiment of FIS", async () => {
  const api = { ...ALWAYS, service: "kinesis", operations: "ListStreams" };
  const cases: [FisActionId, string, number, string][] = [
    [
      THROUGHPUT,
      "GetRecords",
      400,
      "ProvisionedThroughputExceededException",
    ],
    [
      "aws:kinesis:stream-expired-iterator-exception",
      "GetRecords",
      400,
      "ExpiredIteratorException",
    ],
    [
      "aws:fis:inject-api-internal-error",
      "ListStreams",
      500,
      "InternalFailure",
    ],
    [
      "aws:fis:inject-api-throttle-error",
      "ListStreams",
      400,
      "ThrottlingException",
    ],
    [
      "aws:fis:inject-api-unavailable-error",
      "ListStreams",
      503,
      "ServiceUnavailable",
    ],
  ];
  for (const [actionId, action, status, code] of cases) {
    const parameters = actionId.startsWith("aws:fis:") ? api : ALWAYS;
    const { call, fetch } = setUp({ actionId, parameters });
    assertEquals(await call(action), [status, code]);
    assertEquals(await call("DescribeLimits"), [200, undefined]);
    assertEquals(fetch.counts, { [actionId]: 1 });
  }
});

Deno.test("fisFaults ends after the duration, and lets the rest of the requests pass", async () => {
  const parameters = { duration: "PT1H1M30S", percentage: "25" };
  const { call, clock, fetch } = setUp({ actionId: THROUGHPUT, parameters });
  const run = async () => {
    for (let i = 0; i < 400; i++) await call("PutRecords");
    return fetch.counts[THROUGHPUT]!;
  };
  const first = await run();
  assert(first > 60 && first < 140, `${first} of 400`);
  await clock.advance(3_689_999);
  const second = await run();
  assert(second > first);
  await clock.advance(1);
  assertEquals(await run(), second);
});

Deno.test("fisFaults says what is wrong with an action", () => {
  const wrong = (action: object, message: string) =>
    assertThrows(
      () => fisFaults([action as FisAction]),
      Error,
      `Cannot use faults of FIS as '${message}`,
    );
  wrong({ actionId: "aws:kinesis:x" }, "actions[0].actionId' must be ");
  const actionId = THROUGHPUT;
  wrong({ actionId, startAfter: [] }, "actions[0]' must have no other fields");
  wrong({ actionId }, "actions[0].parameters' must be an object");
  for (const duration of ["5", "PT", "P", "PT30S", "PT13H", "P1M", undefined]) {
    wrong(
      { actionId, parameters: { duration, percentage: "5" } },
      "actions[0].parameters.duration' must be a duration",
    );
  }
  for (const percentage of ["0", "101", "5.5", "x", undefined]) {
    wrong(
      { actionId, parameters: { duration: "PT5M", percentage } },
      "actions[0].parameters.percentage' must be a whole number",
    );
  }
  wrong(
    { actionId, parameters: { ...ALWAYS, service: "kinesis" } },
    "actions[0].parameters' must have no other fields",
  );
  const api = "aws:fis:inject-api-throttle-error";
  wrong(
    { actionId: api, parameters: { ...ALWAYS, service: "ec2" } },
    "actions[0].parameters.service' must be",
  );
  wrong(
    { actionId: api, parameters: { ...ALWAYS, service: "kinesis" } },
    "actions[0].parameters.operations' must be",
  );
});
