import { assert, assertEquals, assertMatch } from "@std/assert";
import { KinesisServer } from "../../testing/mod.ts";
import { startKinesalite } from "../_services/kinesalite.ts";
import { startKinesisLocal } from "../_services/kinesis_local.ts";
import { behaviours } from "./behaviours.ts";
import { differences } from "./differences.ts";
import { CREDENTIALS, Kinesis } from "./kinesis.ts";

async function examine(t: Deno.TestContext, kinesis: Kinesis): Promise<void> {
  for (const { id, check } of behaviours) {
    await t.step(id, async () => {
      const known = differences.find((difference) =>
        difference.id === id && difference.where === kinesis.name
      );
      if (!known) return await check(kinesis);
      const { timeLimitMs } = kinesis;
      kinesis.timeLimitMs = known.timeLimitMs ?? timeLimitMs;
      const error = await check(kinesis).then(() => undefined, (e) => e);
      kinesis.timeLimitMs = timeLimitMs;
      assert(error, `the known difference "${id}" does not occur any more`);
      assertMatch(String(error), known.shows);
    });
  }
}

Deno.test("KinesisServer behaves as AWS does", async (t) => {
  const server = new KinesisServer({
    credentials: CREDENTIALS,
    limits: { control: false },
  });
  await examine(t, new Kinesis("KinesisServer", "https://k/", server.fetch));
  server.close();
});

Deno.test("KinesisServer behaves as AWS does, over loopback", async (t) => {
  const server = new KinesisServer({
    credentials: CREDENTIALS,
    limits: { control: false },
  });
  const listener = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    server.fetch,
  );
  const client = Deno.createHttpClient({});
  try {
    await examine(
      t,
      new Kinesis(
        "KinesisServer",
        `http://127.0.0.1:${listener.addr.port}/`,
        (input, init) => fetch(input, { ...init, client }),
      ),
    );
  } finally {
    client.close();
    server.close();
    await listener.shutdown();
  }
});

Deno.test({
  name: "kinesalite behaves as AWS does, but for the known differences",
  // This emulator leaves a decipher open for each iterator that it cannot read.
  sanitizeResources: false,
  fn: examineKinesalite,
});

async function examineKinesalite(t: Deno.TestContext): Promise<void> {
  await using service = await startKinesalite();
  const client = Deno.createHttpClient({});
  try {
    const kinesis = new Kinesis(
      "kinesalite",
      `${service.endpoint}/`,
      (input, init) => fetch(input, { ...init, client }),
    );
    await examine(t, kinesis);
  } finally {
    client.close();
  }
}

Deno.test("kinesis-local behaves as AWS does, but for the known differences", async (t) => {
  await using service = await startKinesisLocal();
  const client = Deno.createHttpClient({});
  try {
    const kinesis = new Kinesis(
      "kinesis-local",
      `${service.endpoint}/`,
      (input, init) => fetch(input, { ...init, client }),
    );
    await examine(t, kinesis);
  } finally {
    client.close();
  }
});

Deno.test("The known differences name behaviours, servers and pages", async () => {
  const ids = new Set(behaviours.map(({ id }) => id));
  const seen = new Set<string>();
  const page = await Deno.readTextFile(
    new URL("../../docs/testing.md", import.meta.url),
  );
  for (const { id, where, page: url } of differences) {
    assert(ids.has(id), `no behaviour "${id}"`);
    assert(!seen.has(where + id), `"${id}" is listed twice for ${where}`);
    seen.add(where + id);
    assertMatch(url, /^https:\/\/docs\.aws\.amazon\.com\//);
    assert(page.includes(id), `docs/testing.md does not list "${id}"`);
  }
  const listed = page.split("\n").filter((line) =>
    /^\| .* \| (kinesalite|kinesis-local) +\|/.test(line)
  );
  assertEquals(listed.length, differences.length);
});
