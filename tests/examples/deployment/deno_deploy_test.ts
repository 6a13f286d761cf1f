/**
 * The example for Deno Deploy: two instances share a database and a stream.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { KinesisClient } from "../../../client/mod.ts";
import { freePort } from "../../_services/service.ts";
import { serveInMemory } from "./in_memory.ts";
import { Program } from "../../_services/program.ts";

const MAIN = new URL("../../../examples/deno_deploy/main.ts", import.meta.url);
const POLL_MS = 20;
const LONGEST_WAIT_MS = 60_000;

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
  const start = () => {
    const port = freePort();
    const program = new Program({
      args: ["-A", MAIN.pathname],
      env: {
        PORT: `${port}`,
        KV_PATH: `${folder}/kv.sqlite3`,
        STREAM_NAME: "visits",
        AWS_ENDPOINT_URL_KINESIS: kinesis.endpoint,
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "id",
        AWS_SECRET_ACCESS_KEY: "secret",
      },
    });
    return { program, url: `http://127.0.0.1:${port}` };
  };
  const visit = async (url: string, user: unknown) => {
    const body = JSON.stringify({ user });
    const response = await fetch(`${url}/events`, { method: "POST", body });
    await response.text();
    return response.status;
  };
  try {
    const first = start();
    await using _first = first.program;
    await until(
      () => getJson(`${first.url}/counts/ada`),
      ({ count }) => count === 0,
    );
    const users = ["ada", "grace", "ada", "ada"];
    const statuses = users.map((user) => visit(first.url, user));
    assertEquals(await Promise.all(statuses), [201, 201, 201, 201]);
    for (const wrong of [1, "", "x".repeat(257), null]) {
      assertEquals(await visit(first.url, wrong), 400);
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
    for (const foreign of ["no json", "null", '{"user":7}', '"text"']) {
      await client.putRecord({
        StreamName: "visits",
        PartitionKey: foreign,
        Data: new TextEncoder().encode(foreign),
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

    const second = start();
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
