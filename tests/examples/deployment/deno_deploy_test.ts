/**
 * The example for Deno Deploy: two instances share a database and a stream.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { KinesisClient } from "../../../client/mod.ts";
import { freePort } from "../../_services/service.ts";
import { type ServedKinesis, serveInMemory } from "./in_memory.ts";
import { Program } from "../../_services/program.ts";

const MAIN = new URL("../../../examples/deno_deploy/main.ts", import.meta.url);
const POLL_MS = 20;
const LONGEST_WAIT_MS = 60_000;

const encoder = new TextEncoder();

/** Starts an instance whose database is in a folder, with the permissions that `main.ts` names. */
function start({ endpoint }: ServedKinesis, folder: string): Instance {
  const port = freePort();
  const program = new Program({
    args: [
      ...["--allow-net", "--allow-env", "--allow-read"],
      `--allow-write=${folder}`,
      MAIN.pathname,
    ],
    env: {
      PORT: `${port}`,
      KV_PATH: `${folder}/kv.sqlite3`,
      STREAM_NAME: "visits",
      AWS_ENDPOINT_URL_KINESIS: endpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "id",
      AWS_SECRET_ACCESS_KEY: "secret",
    },
  });
  return { program, port, url: `http://127.0.0.1:${port}` };
}

/** A running instance. */
interface Instance {
  readonly program: Program;
  readonly port: number;
  readonly url: string;
}

/** Posts a body and returns the status. */
async function post(url: string, body: BodyInit): Promise<number> {
  const response = await fetch(`${url}/events`, { method: "POST", body });
  await response.text();
  return response.status;
}

/** Posts the event of a user and returns the status. */
function visit(url: string, user: unknown): Promise<number> {
  return post(url, JSON.stringify({ user }));
}

/** Waits until an instance answers. */
async function untilUp({ url }: Instance): Promise<void> {
  await until(() => getJson(`${url}/counts/ada`), ({ count }) => count === 0);
}

/** Calls until the result is as wanted. */
async function until<R>(
  call: () => Promise<R>,
  isWanted: (result: R) => boolean,
): Promise<R> {
  const wanted = (async () => {
    for (;;) {
      const result = await call().catch(() => undefined);
      if (result !== undefined && isWanted(result)) return result;
      await delay(POLL_MS);
    }
  })();
  return await deadline(wanted, LONGEST_WAIT_MS);
}

async function getJson(url: string): Promise<Record<string, unknown>> {
  return await (await fetch(url)).json();
}

Deno.test("The program for Deno Deploy counts each event once, also over a restart", async () => {
  await using kinesis = serveInMemory("visits");
  const folder = await Deno.makeTempDir();
  try {
    const first = start(kinesis, folder);
    await using _first = first.program;
    await untilUp(first);
    const users = ["ada", "grace", "ada", "ada"];
    const statuses = users.map((user) => visit(first.url, user));
    assertEquals(await Promise.all(statuses), [201, 201, 201, 201]);
    for (const wrong of [1, "", "x".repeat(257), null, "\ud800"]) {
      assertEquals(await visit(first.url, wrong), 400);
    }
    for (const wrong of ["", "no json", "null", "[1]", " ".repeat(1e6)]) {
      assertEquals(await post(first.url, wrong), 400);
    }
    for (const path of ["/counts/%E0%A4%A", `/counts/${"x".repeat(3000)}`]) {
      const response = await fetch(first.url + path);
      await response.text();
      assertEquals(response.status, 400);
    }
    // What other programs write ends nothing.
    const client = new KinesisClient({
      endpoint: kinesis.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    });
    const others = [
      "no json",
      "null",
      "[]",
      '{"user":7}',
      '{"user":"\\ud800"}',
    ];
    for (const foreign of others) {
      await client.putRecord({
        StreamName: "visits",
        PartitionKey: foreign,
        Data: encoder.encode(foreign),
      });
    }
    await until(
      () => getJson(`${first.url}/counts/ada`),
      ({ count }) => count === 3,
    );
    kinesis.refuse = true;
    // The producer cannot go on, so the instance answers and ends.
    assertEquals(await visit(first.url, "ada"), 503);
    assertEquals(await first.program.end(), 1);
    kinesis.refuse = false;

    const second = start(kinesis, folder);
    await using _second = second.program;
    await until(() => visit(second.url, "ada"), (status) => status === 201);
    await until(
      () => getJson(`${second.url}/counts/ada`),
      ({ count }) => count === 4,
    );
    assertEquals((await getJson(`${second.url}/counts/grace`)).count, 1);
    assertEquals(await second.program.stop("SIGINT"), 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("The program for Deno Deploy answers the requests under way at SIGINT when their events are stored", async () => {
  await using kinesis = serveInMemory("visits");
  const folder = await Deno.makeTempDir();
  try {
    const instance = start(kinesis, folder);
    await using _ = instance.program;
    await untilUp(instance);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    kinesis.gate = gate;
    const statuses = ["ada", "grace"].map((user) => visit(instance.url, user));
    await delay(200);
    const stopped = instance.program.stop("SIGINT");
    await delay(500);
    open();
    assertEquals(await Promise.all(statuses), [201, 201]);
    assertEquals(await stopped, 0);
    assertEquals(kinesis.server.records("visits").length, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("The program for Deno Deploy answers in time, and ends within 5 seconds after SIGINT, although clients and Kinesis do not answer", async () => {
  await using kinesis = serveInMemory("visits");
  const folder = await Deno.makeTempDir();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  try {
    const instance = start(kinesis, folder);
    await using _ = instance.program;
    await untilUp(instance);
    kinesis.gate = gate;
    assertEquals(await visit(instance.url, "ada"), 503);

    // A client that does not send the rest of its body, and another request to Kinesis.
    using slow = await Deno.connect({
      hostname: "127.0.0.1",
      port: instance.port,
    });
    const head =
      "POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{";
    await slow.write(encoder.encode(head));
    const late = visit(instance.url, "grace").catch(() => 0);
    await delay(200);
    const before = performance.now();
    await instance.program.stop("SIGINT");
    assert(performance.now() - before < 5000);
    await late;
  } finally {
    open();
    await Deno.remove(folder, { recursive: true });
  }
});
