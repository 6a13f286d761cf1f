import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  DynamoDBCheckpointer,
  type DynamoDBCheckpointerOptions,
  type Lease,
} from "../../checkpoint/mod.ts";
import {
  ConnectionError,
  KinesisError,
  ResponseError,
  ServiceError,
} from "../../errors.ts";
import { newLease, SHARD } from "../conformance/checkpointer/fixtures.ts";
import { turn } from "../client/_stub_fetch.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { CREDENTIALS, type Raw } from "./_dynamodb_fixtures.ts";

type Answer = (request: Raw) => Response;

interface Sent {
  readonly url: string;
  readonly action: string;
  readonly headers: Headers;
  readonly body: Raw;
}

const ok = (body: object = {}): Answer => () => Response.json(body);
const refuse = (type: string, status = 400): Answer => () =>
  Response.json(
    { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: "no" },
    { status },
  );
const disconnect: Answer = () => {
  throw new TypeError("the connection broke");
};

/** A checkpointer whose requests get these answers, the last of them again and again. */
function stub(
  answers: Answer[],
  options: Partial<DynamoDBCheckpointerOptions> = {},
) {
  const sent: Sent[] = [];
  const clock = new FakeClock();
  const checkpointer = new DynamoDBCheckpointer({
    tableName: "app",
    region: "eu-west-1",
    credentials: CREDENTIALS,
    coordinatorTableName: false,
    clock,
    random: () => 0.5,
    fetch(input, init) {
      const headers = new Headers(init?.headers);
      const body = JSON.parse(
        new TextDecoder().decode(init?.body as Uint8Array),
      );
      const action = headers.get("x-amz-target")!.split(".")[1]!;
      const answer = answers[Math.min(sent.length, answers.length - 1)]!;
      sent.push({ url: String(input), action, headers, body });
      return new Promise((resolve) => resolve(answer(body)));
    },
    ...options,
  });
  return { checkpointer, sent, clock };
}

/** Turns the clock until the work is done. */
async function settle<T>(work: Promise<T>, clock: FakeClock): Promise<T> {
  let isDone = false;
  const done = () => void (isDone = true);
  work.then(done, done);
  while (!isDone) {
    await turn();
    const next = clock.nextTimerMs;
    // Not the time limit of an attempt.
    if (!isDone && next !== undefined && next < 20_000) {
      await clock.advance(next);
    }
  }
  return await work;
}

const HELD: Lease = {
  ...newLease(),
  owner: "worker-1",
  counter: 3,
};

const STORED = {
  leaseKey: { S: SHARD },
  leaseOwner: { S: "worker-1" },
  leaseCounter: { N: "4" },
  checkpoint: { S: "TRIM_HORIZON" },
};

/** Every write of the contract. */
const WRITES: Record<
  string,
  (checkpointer: DynamoDBCheckpointer) => Promise<unknown>
> = {
  create: (checkpointer) => checkpointer.create(newLease()),
  take: (checkpointer) => checkpointer.take(HELD, "worker-1"),
  renew: (checkpointer) => checkpointer.renew(HELD),
  checkpoint: (checkpointer) =>
    checkpointer.checkpoint(HELD, { type: "SHARD_END" }),
  release: (checkpointer) => checkpointer.release(HELD),
  replace: (checkpointer) => checkpointer.replace(HELD, newLease()),
  delete: (checkpointer) => checkpointer.delete(HELD),
};

const accepted = ok({ Attributes: STORED });

for (const [name, write] of Object.entries(WRITES)) {
  Deno.test(`DynamoDBCheckpointer ${name} is sent again when it was throttled`, async () => {
    for (
      const code of [
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
      ]
    ) {
      const { checkpointer, sent, clock } = stub([refuse(code), accepted]);
      assert(await settle(write(checkpointer), clock), code);
      assertEquals(sent.length, 2, code);
      assertEquals(sent[0]!.body, sent[1]!.body);
    }
  });

  Deno.test(`DynamoDBCheckpointer ${name} is not sent again when it may have happened`, async () => {
    for (
      const [answer, kind] of [
        [refuse("InternalServerError", 500), ServiceError],
        [refuse("ServiceUnavailable", 503), ServiceError],
        [disconnect, ConnectionError],
        [() => new Response('{"Attr'), ResponseError],
      ] as const
    ) {
      const { checkpointer, sent, clock } = stub([answer, accepted]);
      const work = settle(write(checkpointer), clock);
      const error = await assertRejects(() => work, kind);
      assertEquals((error as KinesisError).retryable, true);
      assertEquals(sent.length, 1, kind.name);
    }
  });

  Deno.test(`DynamoDBCheckpointer ${name} is refused, without an error, when its condition is not met`, async () => {
    const answers = [refuse("ConditionalCheckFailedException")];
    const { checkpointer, sent, clock } = stub(answers);
    assert(!await settle(write(checkpointer), clock));
    assertEquals(sent.length, 1);
    assert(sent[0]!.body.ConditionExpression, "the write has a condition");
  });
}

Deno.test("DynamoDBCheckpointer list is sent again after every fault that may end", async () => {
  const { checkpointer, sent, clock } = stub([
    disconnect,
    refuse("InternalServerError", 500),
    ok({ Items: [STORED] }),
  ]);
  const [lease] = await settle(checkpointer.list("orders"), clock);
  assertEquals(lease?.counter, 4);
  assertEquals(sent.map(({ action }) => action), ["Scan", "Scan", "Scan"]);
  assertEquals(sent[0]!.body, { TableName: "app", ConsistentRead: true });
});

Deno.test("DynamoDBCheckpointer list reads all pages", async () => {
  const item = (leaseKey: string) => ({ ...STORED, leaseKey: { S: leaseKey } });
  const { checkpointer, sent } = stub([
    ok({ Items: [item("a")], LastEvaluatedKey: { leaseKey: { S: "a" } } }),
    ok({ Items: [], LastEvaluatedKey: { leaseKey: { S: "b" } } }),
    ok({ Items: [item("c")] }),
  ]);
  const leases = await checkpointer.list("orders");
  assertEquals(leases.map(({ shardId }) => shardId), ["a", "c"]);
  assertEquals(sent.map(({ body }) => body.ExclusiveStartKey?.leaseKey.S), [
    undefined,
    "a",
    "b",
  ]);
});

Deno.test("DynamoDBCheckpointer list fails when the pages do not end", async () => {
  const { checkpointer, sent } = stub([
    ok({ Items: [], LastEvaluatedKey: { leaseKey: { S: "a" } } }),
  ]);
  await assertRejects(
    () => checkpointer.list("orders"),
    ResponseError,
    "two pages",
  );
  assertEquals(sent.length, 2);
});

Deno.test("DynamoDBCheckpointer says which permission is missing", async () => {
  const { checkpointer } = stub([refuse("AccessDeniedException")]);
  const error = await assertRejects(
    () => checkpointer.renew(HELD),
    ServiceError,
    "Allow dynamodb:UpdateItem for this table",
  );
  assertEquals(error.retryable, false);
});

Deno.test("DynamoDBCheckpointer says how to go on when the state of a KCL 3 cannot be read", async () => {
  const { checkpointer } = stub([refuse("AccessDeniedException")], {
    coordinatorTableName: undefined,
  });
  const error = await assertRejects(
    () => checkpointer.list("orders"),
    KinesisError,
    "allow dynamodb:GetItem for it, or, if no KCL 3 uses this lease table, " +
      "pass 'coordinatorTableName: false'",
  );
  assertEquals(error.code, "CoordinatorStateUnknown");
  assert(error.message.includes('"app-CoordinatorState"'), error.message);
});

Deno.test("DynamoDBCheckpointer corrects the clock when a signature is refused, and sends the write again", async () => {
  const { checkpointer, sent, clock } = stub([
    () =>
      Response.json({ __type: "InvalidSignatureException", message: "old" }, {
        status: 400,
        headers: { date: "Wed, 15 Nov 2023 22:13:20 GMT" },
      }),
    accepted,
  ]);
  assert(await settle(checkpointer.renew(HELD), clock));
  assertEquals(sent.map(({ headers }) => headers.get("x-amz-date")), [
    "20231114T221320Z",
    "20231115T221320Z",
  ]);
});

const ENDPOINTS: [Partial<DynamoDBCheckpointerOptions>, string][] = [
  [{}, "https://dynamodb.eu-west-1.amazonaws.com/"],
  [{ region: "cn-north-1" }, "https://dynamodb.cn-north-1.amazonaws.com.cn/"],
  [{ useFips: true }, "https://dynamodb-fips.eu-west-1.amazonaws.com/"],
  [{ useDualStack: true }, "https://dynamodb.eu-west-1.api.aws/"],
  [
    { useFips: true, region: "us-gov-west-1" },
    "https://dynamodb.us-gov-west-1.amazonaws.com/",
  ],
  [
    { endpoint: "https://proxy.example.com/ddb" },
    "https://proxy.example.com/ddb",
  ],
  [
    variables({
      AWS_ENDPOINT_URL: "https://all.example.com",
      AWS_ENDPOINT_URL_KINESIS: "https://kinesis.example.com",
      AWS_ENDPOINT_URL_DYNAMODB: "https://ddb.example.com",
    }),
    "https://ddb.example.com/",
  ],
  [
    variables({
      AWS_ENDPOINT_URL: "https://all.example.com",
      AWS_ENDPOINT_URL_KINESIS: "https://kinesis.example.com",
    }),
    "https://all.example.com/",
  ],
];

function variables(
  values: Record<string, string>,
): Partial<DynamoDBCheckpointerOptions> {
  return {
    environment: {
      env: (name) => values[name],
      readTextFile: () => Promise.reject(new Error("no file")),
    },
  };
}

Deno.test("DynamoDBCheckpointer sends to the endpoint of the options, the variables or the region", async () => {
  for (const [options, url] of ENDPOINTS) {
    const { checkpointer, sent } = stub([ok({ Items: [] })], options);
    await checkpointer.list("orders");
    assertEquals(sent[0]!.url, url);
  }
});

Deno.test("DynamoDBCheckpointer signs for DynamoDB and speaks its protocol", async () => {
  const { checkpointer, sent } = stub([ok({ Items: [] })]);
  await checkpointer.list("orders");
  const [{ headers }] = sent as [Sent];
  assertEquals(headers.get("content-type"), "application/x-amz-json-1.0");
  assertEquals(headers.get("x-amz-target"), "DynamoDB_20120810.Scan");
  const signature = headers.get("authorization")!;
  assert(signature.includes("/eu-west-1/dynamodb/aws4_request"), signature);
});

Deno.test("DynamoDBCheckpointer has one key derived for all its requests", async () => {
  const { checkpointer } = stub([accepted]);
  const { subtle } = crypto;
  const importKey = subtle.importKey;
  let imported = 0;
  // deno-lint-ignore no-explicit-any
  subtle.importKey = function (...parameters: any) {
    imported++;
    // deno-lint-ignore no-explicit-any
    return (importKey as any).apply(subtle, parameters);
  };
  try {
    await checkpointer.renew(HELD);
    const first = imported;
    for (let i = 0; i < 5; i++) await checkpointer.renew(HELD);
    assertEquals(imported, first);
  } finally {
    subtle.importKey = importKey;
  }
});

Deno.test("DynamoDBCheckpointer reports attempts to its hooks", async () => {
  const events: string[] = [];
  const { checkpointer } = stub([accepted], {
    hooks: { onAttempt: ({ action }) => void events.push(action) },
  });
  await checkpointer.renew(HELD);
  assertEquals(events, ["UpdateItem"]);
});
