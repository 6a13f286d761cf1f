/**
 * One bundle runs the same scenario in every runtime, in memory and over loopback. The table of
 * runtimes in the README names those that are tried here.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { KinesisServer } from "../../testing/mod.ts";
import { bundle } from "../_services/bundle.ts";
import { hasChromium, Page } from "../_services/chromium.ts";
import { Program } from "../_services/program.ts";
import { withCors } from "../examples/deployment/in_memory.ts";
import type { Findings, Place } from "./scenario.ts";

const PROGRAM = new URL("in_program.ts", import.meta.url);
const WORKER = new URL("in_worker.ts", import.meta.url);
const SERVE = new URL("../_services/serve_worker.ts", import.meta.url);

/** What the scenario finds with a server, when all is well. */
const EXPECTED: Findings = {
  string: "ok",
  json: "ok",
  jsonLines: "ok",
  jsonList: "ok",
  msgpack: "ok",
  kplString: "ok",
  kplJson: "ok",
  gzip: "ok",
  netstring: "ok",
  traceEnvelope: "ok",
  // The value at which the first consumer stopped is read again.
  split: { seen: 200, outOfOrder: 0, again: 1 },
};
/** What it finds beside that in memory. */
const IN_MEMORY: Findings = {
  queue: [4, 1, 1, 1],
  fanOut: 190,
  lambda: [[1], [{ itemIdentifier: "2" }]],
};

/** The runtimes that start a file, by how the README names them. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  Deno: [Deno.execPath(), "run", "-A", "--no-config", "--quiet"],
  "Node.js": ["node"],
};
/** Further versions, from npm. */
const MATRIX: Readonly<Record<string, readonly string[]>> = {
  "Node.js 20.11": ["npx", "-y", "node@20.11"],
  "Node.js 22": ["npx", "-y", "node@22"],
  "Node.js 24": ["npx", "-y", "node@24"],
  Bun: ["npx", "-y", "bun@1"],
};
const TRIED = {
  ...PROGRAMS,
  ...Deno.env.get("KINESIS_MATRIX") === "all" ? MATRIX : {},
};

/** Serves Kinesis on loopback, also for pages. */
function serve() {
  const kinesis = new KinesisServer({ transitionMs: 0, limits: false });
  const listener = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) =>
      withCors(
        request.method === "OPTIONS"
          ? new Response()
          : await kinesis.fetch(request),
      ),
  );
  return {
    endpoint: `http://127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      await listener.shutdown();
      kinesis.close();
    },
  };
}

/** Runs the scenario in memory, and then with a server. */
async function tryBoth(
  run: (place: Place) => Promise<unknown>,
  prefix: string,
): Promise<void> {
  assertEquals(await run({ prefix }), { ...EXPECTED, ...IN_MEMORY });
  await using server = serve();
  const { endpoint } = server;
  assertEquals(await run({ prefix, endpoint }), EXPECTED);
}

for (const [name, [command, ...args]] of Object.entries(TRIED)) {
  Deno.test(`The scenario runs in ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/scenario.mjs`, await bundle(PROGRAM));
      await tryBoth(async (place) => {
        await Deno.writeTextFile(
          `${folder}/main.mjs`,
          `globalThis.place = ${JSON.stringify(place)};
          await import("./scenario.mjs");
          console.log(JSON.stringify(globalThis.findings));`,
        );
        const { stdout, stderr, code } = await new Deno.Command(command!, {
          args: [...args, `${folder}/main.mjs`],
          env: { AWS_EC2_METADATA_DISABLED: "true" },
          stdin: "null",
        }).output();
        const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
        assertEquals(code, 0, text(stderr));
        return JSON.parse(text(stdout));
      }, "program");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("The scenario runs in workerd, the runtime of Cloudflare Workers, in several requests of one Worker", async () => {
  const settings = await Deno.makeTempFile({ suffix: ".json" });
  const script = await bundle(WORKER);
  await Deno.writeTextFile(settings, JSON.stringify({ script, bindings: {} }));
  await using program = new Program({
    args: ["-A", SERVE.pathname, settings],
  });
  const [url] = await program.until(({ length }) => length > 0);
  await tryBoth(async ({ endpoint }) => {
    const request = new URL(url!);
    if (endpoint) request.searchParams.set("endpoint", endpoint);
    const response = await fetch(request);
    const text = await response.text();
    assert(response.ok, text);
    return JSON.parse(text);
  }, "worker");
  assertEquals(await program.end(), 0);
  await Deno.remove(settings);
});

if (await hasChromium()) {
  Deno.test("The scenario runs in Chromium", async () => {
    const script = await bundle(PROGRAM);
    let place: Place = { prefix: "page" };
    const site = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) =>
        request.url.endsWith(".js")
          ? new Response(script, {
            headers: { "content-type": "text/javascript" },
          })
          : new Response(
            `<!DOCTYPE html><link rel="icon" href="data:,">
            <script>place = ${JSON.stringify(place)}</script>
            <script type="module" src="scenario.js"></script>`,
            { headers: { "content-type": "text/html" } },
          ),
    );
    await using page = await Page.open();
    const url = `http://127.0.0.1:${site.addr.port}/`;
    await tryBoth(async (it) => {
      place = it;
      await page.call("Page.navigate", { url });
      await page.until("typeof globalThis.findings", "object");
      return JSON.parse(
        `${await page.evaluate("JSON.stringify(globalThis.findings)")}`,
      );
    }, "page");
    await page.call("Page.navigate", { url: "about:blank" });
    await site.shutdown();
  });
}

if (Deno.env.get("KINESIS_MATRIX") === "all") {
  Deno.test("Node.js 18 says which version is needed", async () => {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/scenario.mjs`, await bundle(PROGRAM));
    await Deno.writeTextFile(
      `${folder}/main.mjs`,
      `globalThis.place = { prefix: "old" };
      await import("./scenario.mjs");
      console.log(globalThis.findings);`,
    );
    const { stdout, stderr } = await new Deno.Command("npx", {
      args: ["-y", "node@18", `${folder}/main.mjs`],
      stdin: "null",
    }).output();
    const text = new TextDecoder().decode(stdout) +
      new TextDecoder().decode(stderr);
    assertStringIncludes(text, "Node.js 20.11 or later is needed");
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("The README names the runtimes that are tried, and no others", async () => {
  const readme = await Deno.readTextFile(
    new URL("../../README.md", import.meta.url),
  );
  const rows = [
    ...readme.matchAll(
      /^\| (?:Deno|Node\.js|Bun|Cloudflare Workers|Browsers)\b.*$/gm,
    ),
  ]
    .map(([row]) => row.split("|")[1]!.trim());
  assertEquals(rows, [
    "Deno",
    "Node.js",
    "Bun",
    "Cloudflare Workers",
    "Browsers",
  ]);
});
