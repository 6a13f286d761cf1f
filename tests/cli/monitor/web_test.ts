import { assert, assertEquals, assertMatch } from "@std/assert";
import { EventFeed } from "../../../cli/_monitor/event_feed.ts";
import type { Snapshot } from "../../../cli/_monitor/snapshot.ts";
import { VirtualClock } from "../../../testing/mod.ts";
import { FakeTerminalKinesis } from "../_fake_terminal.ts";
import { Watch } from "./_watch.ts";

/** Runs `monitor --web` until `use` has ended. */
async function serving(
  use: (port: number, stop: () => void) => Promise<void>,
): Promise<number> {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders", { shards: 2 });
  const stop = new AbortController();
  const listening = Promise.withResolvers<number>();
  const ended = kinesis.run(
    ["monitor", "orders", "--web", "--interval=500ms"],
    {
      signal: stop.signal,
      onLine: (line) => listening.resolve(Number(new URL(line).port)),
    },
  );
  try {
    const failed = ended.then(({ notes }) => {
      throw new Error(notes);
    });
    failed.catch(() => {});
    await use(
      await Promise.race([listening.promise, failed]),
      () => stop.abort(),
    );
  } finally {
    stop.abort();
  }
  return (await ended).code;
}

/** Sends a request as it is given, which `fetch` does not. */
async function raw(port: number, lines: string[]): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = [...lines, "connection: close", "", ""].join("\r\n");
  await connection.write(new TextEncoder().encode(head));
  return await new Response(connection.readable).text();
}

Deno.test("the page of monitor is served with a strict policy, and names nothing of elsewhere", async () => {
  const code = await serving(async (port) => {
    for (const path of ["/", "/page.js", "/page.css", "/icon.svg"]) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      const text = await response.text();
      assertEquals(response.status, 200);
      const { headers } = response;
      assertMatch(
        headers.get("content-security-policy")!,
        /^default-src 'none'; script-src 'self'; style-src 'self'; /,
      );
      assertEquals(headers.get("x-content-type-options"), "nosniff");
      assertEquals(headers.get("cache-control"), "no-store");
      assertEquals(headers.get("access-control-allow-origin"), null);
      const urls = text.match(/https?:\/\/[^\s"')]+/g) ?? [];
      const names = ["http://www.w3.org/2000/svg"];
      assertEquals(urls.filter((it) => !names.includes(it)), []);
    }
    const missing = await fetch(`http://localhost:${port}/constructor`);
    assertEquals([missing.status, await missing.text()], [
      404,
      "There is no such page\n",
    ]);
  });
  assertEquals(code, 130);
});

Deno.test("the page of monitor refuses other hosts, origins, sites and methods", async () => {
  await serving(async (port) => {
    const own = `host: 127.0.0.1:${port}`;
    const status = async (...lines: string[]) =>
      (await raw(port, lines)).split(" ")[1];
    for (const name of ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"]) {
      const line = `host: ${name}:${port}`;
      assertEquals(await status("GET / HTTP/1.1", line), "200");
    }
    for (
      const host of [
        `evil.example:${port}`,
        "evil.example",
        `127.0.0.1.evil.example:${port}`,
        `localhost:${port + 1}`,
        "localhost",
        `evil.example/:${port}`,
      ]
    ) {
      const answer = await status("GET /events HTTP/1.1", `host: ${host}`);
      // A host that is no part of a URL closes the connection.
      assert(answer === "403" || answer === undefined, `${host} ${answer}`);
    }
    assertEquals(
      await status(`GET http://127.0.0.1:${port}/ HTTP/1.1`, "host: evil:80"),
      "403",
    );
    const origin = async (value: string, method = "GET") =>
      await status(`${method} / HTTP/1.1`, own, `origin: ${value}`);
    assertEquals(await origin(`http://127.0.0.1:${port}`), "200");
    assertEquals(await origin(`http://localhost:${port}`), "403");
    assertEquals(await origin("https://evil.example"), "403");
    assertEquals(await origin("null"), "403");
    const site = async (value: string, mode: string) =>
      await status(
        ...["GET / HTTP/1.1", own],
        ...[`sec-fetch-site: ${value}`, `sec-fetch-mode: ${mode}`],
      );
    assertEquals(await site("cross-site", "no-cors"), "403");
    assertEquals(await site("same-site", "cors"), "403");
    assertEquals(await site("same-origin", "cors"), "200");
    // A link in another page may lead here: it cannot read the answer.
    assertEquals(await site("cross-site", "navigate"), "200");
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"]) {
      assertEquals(await status(`${method} / HTTP/1.1`, own), "405");
    }
  });
});

Deno.test("the page of monitor reads no bodies of requests", async () => {
  await serving(async (port) => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const head = [
      ...["POST / HTTP/1.1", `host: 127.0.0.1:${port}`],
      ...["origin: https://evil.example", "transfer-encoding: chunked"],
    ];
    const text = `${head.join("\r\n")}\r\n\r\n5\r\nhello\r\n`;
    await connection.write(new TextEncoder().encode(text));
    // The body has not ended, and the answer is there.
    const answer = await new Response(connection.readable).text();
    assertMatch(answer, /^HTTP\/1\.1 413 /);
  });
});

Deno.test("the page of monitor gets all that is known, then snapshots, and the end", async () => {
  await serving(async (port, stop) => {
    const response = await fetch(`http://127.0.0.1:${port}/events`);
    assertEquals(response.headers.get("content-type"), "text/event-stream");
    let text = "";
    const names = () =>
      [...text.matchAll(/^event: (\w+)$/gm)].map(([, it]) => it);
    for await (
      const part of response.body!.pipeThrough(new TextDecoderStream())
    ) {
      text += part;
      if (names().length === 3) stop();
    }
    assertEquals(names().slice(0, 3), ["start", "snapshot", "snapshot"]);
    const [, data] = /^data: (.*)$/m.exec(text)!;
    const { snapshot, history } = JSON.parse(data!);
    assertEquals(snapshot.stream.name, "orders");
    assertEquals(history.stream.at(-1)[0], snapshot.time);
    assertEquals(Object.keys(history.shards).length, 2);
  });
});

Deno.test("a page that is slow gets the newest snapshot, and no backlog", async () => {
  await using watch = new Watch(1);
  const snapshot = await watch.after(1);
  const clock = new VirtualClock();
  const feed = new EventFeed(clock);
  const stop = new AbortController();
  const reader = feed.events(stop.signal).getReader();
  const numberOf = async () => {
    const { value } = await clock.runUntil(reader.read());
    return Number(/^id: (\d+)$/m.exec(new TextDecoder().decode(value))?.[1]);
  };
  const publish = (from: number, to: number) => {
    for (let number = from; number <= to; number++) {
      feed.publish({ ...snapshot, number, time: number * 1_000 } as Snapshot);
    }
  };
  publish(1, 1_000);
  assertEquals(await numberOf(), 1_000);
  publish(1_001, 2_000);
  assertEquals(await numberOf(), 2_000);
  // Without news, a page gets a sign of life.
  assertEquals(await numberOf(), NaN);
  stop.abort();
  assertEquals((await clock.runUntil(reader.read())).done, true);
  const late = feed.events(new AbortController().signal).getReader();
  const { value } = await late.read();
  const [, data] = /^data: (.*)$/m.exec(new TextDecoder().decode(value))!;
  assertEquals(JSON.parse(data!).history.stream.length, 300);
  await late.cancel();
});

Deno.test("monitor serves 20 pages at a time", async () => {
  const feed = new EventFeed(new VirtualClock());
  const pages = Array.from({ length: 20 }, () => new AbortController());
  const streams = pages.map(({ signal }) => feed.events(signal));
  assertEquals(feed.hasRoom, false);
  pages[0]!.abort();
  await streams[1]!.cancel();
  assertEquals(feed.hasRoom, true);
  for (const page of pages) page.abort();
});
