import { assert, assertEquals, assertMatch } from "@std/assert";
import { KvCheckpointer } from "../../../checkpoint/mod.ts";
import type { Snapshot } from "../../../cli/_monitor/snapshot.ts";
import type { Screen } from "../../../cli/main.ts";
import { FakeTerminalKinesis } from "../_fake_terminal.ts";

Deno.test("monitor --json writes snapshots, and -n ends it", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { streamARN } = kinesis.server.createStream("orders", { shards: 2 });
  for (const stream of ["orders", streamARN]) {
    const { code, lines } = await kinesis.run([
      ...["--json", "monitor", stream, "-n", "2", "--interval", "500ms"],
    ]);
    assertEquals([code, lines.length], [0, 2]);
    const { stream: facts, shards, sources } = JSON.parse(lines[1]!);
    assertEquals([facts.name, facts.status], ["orders", "ACTIVE"]);
    assertEquals(shards.length, 2);
    assertEquals(
      sources.map(({ name, state }: Snapshot["sources"][number]) =>
        `${name} ${state}`
      ),
      [
        "Shards on",
        "Stream on",
        "Sampling on",
        "CloudWatch off",
        "Workers off",
      ],
    );
  }
});

Deno.test("monitor writes a line for each snapshot, and reshards, where there is no terminal", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders", { shards: 1 });
  const stop = new AbortController();
  let isSplit = false;
  const { code, lines } = await kinesis.run(
    ["monitor", "orders", "--interval", "500ms", "--no-sample"],
    {
      signal: stop.signal,
      onLine(line) {
        if (line.includes("split")) stop.abort();
        else if (!isSplit) {
          isSplit = true;
          kinesis.server.split("orders", "shardId-000000000000");
        }
      },
    },
  );
  assertEquals(code, 130);
  assertMatch(
    lines[0]!,
    /^\d{4}-.*Z 1 open shard, write – records\/s –\/s, read – records\/s, throttles –\/s, lag –$/,
  );
  assertMatch(lines.at(-2)!, /Z shard 0 was split into 1 and 2$/);
  assertMatch(lines.at(-1)!, /Z 2 open shards, /);
});

Deno.test("monitor writes a line for each error of a source, where there is no terminal", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders", { shards: 1 });
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const { code, lines } = await kinesis.run([
    ...["monitor", "orders", "-n", "1", "--interval", "500ms"],
    ...["--metrics", `http://127.0.0.1:${port}/metrics`],
  ]);
  assertEquals([code, lines.length], [0, 2]);
  assertMatch(lines[0]!, /^\d{4}-.*Z error of 127\.0\.0\.1:\d+: \S/);
  assertMatch(lines[1]!, /Z 1 open shard, /);
});

Deno.test("monitor ends when the reader of its output has gone", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  const { code } = await kinesis.run(
    ["monitor", "orders", "--interval", "500ms"],
    { lines: 1 },
  );
  assertEquals(code, 0);
});

Deno.test("monitor refuses a stream that does not exist, and wrong options", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  const run = async (...args: string[]) => {
    const { code, notes, lines } = await kinesis.run(["monitor", ...args]);
    assertEquals(lines, []);
    return `${code} ${notes}`;
  };
  assertMatch(await run("none"), /^1 error: .*ResourceNotFoundException/);
  for (const text of ["2", "0s", "100ms", "2h", "-1s", "x"]) {
    assertMatch(
      await run("orders", `--interval=${text}`),
      /^2 error: .*'--interval <time>' argument '.*' is invalid. It must be a time from 500ms to 1h/,
    );
  }
  for (const text of ["localhost:9464", "file:///etc/passwd", "x"]) {
    assertMatch(
      await run("orders", "--metrics", text),
      /^2 error: .*It must be a URL such as http:/,
    );
  }
  assertMatch(await run("orders", "--store", "x"), /^2 error: .*It must be /);
  assertMatch(
    await run("orders", "--store", "kv:./none.sqlite3", "--name", "app"),
    /^1 error: .*none\.sqlite3/,
  );
  assertMatch(await run("orders", "-n", "0"), /^2 .*1 or more/);
  assertMatch(await run("orders", "--port", "1"), /^2 error: --port needs/);
  assertMatch(await run("orders", "--open"), /^2 error: --open needs --web/);
  assertMatch(await run("orders", "--web", "--port", "70000"), /^2 .*65535/);
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  assertMatch(
    await run("orders", "--web", "--port", `${port}`),
    /^1 error: Cannot listen on port \d+ .*another program listens there/,
  );
  taken.close();
});

/** A screen whose keys a test presses. */
class FakeScreen implements Screen {
  readonly pictures: string[][] = [];
  columns = 80;
  rows = 24;
  closed = 0;
  press: (key: string) => void = () => {};
  resize: () => void = () => {};
  onDraw: (lines: readonly string[]) => void = () => {};

  size() {
    return { columns: this.columns, rows: this.rows };
  }

  draw(lines: readonly string[]): void {
    assertEquals(this.closed, 0);
    for (const line of lines) assert(line.length <= this.columns, line);
    assert(lines.length <= this.rows, `${lines.length}`);
    this.pictures.push([...lines]);
    this.onDraw(lines);
  }

  onKey(callback: (key: string) => void): void {
    this.press = callback;
  }

  onResize(callback: () => void): void {
    this.resize = callback;
  }

  close(): void {
    this.closed++;
  }
}

Deno.test("monitor draws a screen of any size, scrolls, and ends with q", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders", { shards: 200 });
  const screen = new FakeScreen();
  let step = 0;
  screen.onDraw = (lines) => {
    if (!lines[0]!.startsWith("orders")) return;
    const [press, resize] = [screen.press, screen.resize];
    const steps = [
      () => press("pagedown"),
      () => press("end"),
      () => press("home"),
      () => (screen.columns = 30, screen.rows = 9, resize()),
      () => (screen.columns = 12, screen.rows = 1, resize()),
      () => (screen.columns = 300, screen.rows = 100, resize()),
      () => press("q"),
    ];
    const next = steps[step++];
    if (next) queueMicrotask(next);
  };
  const { code, lines } = await kinesis.run(["monitor", "orders"], { screen });
  assertEquals(code, 0);
  assert(screen.closed > 0);
  const shards = (picture: string[]) =>
    picture.flatMap((it) => /^shardId-0+(\d+)/.exec(it)?.[1] ?? []);
  const drawn = screen.pictures.filter(([it]) => it!.startsWith("orders"));
  assertEquals(shards(drawn[0]!)[0], "0");
  assertMatch(drawn[0]!.join("\n"), /and 1\d\d more/);
  assert(Number(shards(drawn[1]!)[0]) > 0);
  assertEquals(shards(drawn[2]!).at(-1), "199");
  assertEquals(shards(drawn[3]!)[0], "0");
  assert(shards(drawn[6]!).length > 60);
  // The last picture stays on the terminal, without most of the shards.
  assertEquals(lines[0], drawn.at(-1)![0]);
  assert(lines.length < 60);
});

Deno.test("monitor restores the screen after Ctrl-C, and in the middle of a stop", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders");
  const screen = new FakeScreen();
  const stop = new AbortController();
  screen.onDraw = () => stop.abort();
  const { code, leftovers } = await kinesis.run(["monitor", "orders"], {
    screen,
    signal: stop.signal,
  });
  assertEquals(code, 130);
  assertEquals(leftovers, "nothing was under way");
  // Once by the command, and once by what the second Ctrl-C does.
  assertEquals(screen.closed, 2);
});

Deno.test("monitor --store shows who holds the leases", async () => {
  await using kinesis = new FakeTerminalKinesis();
  kinesis.server.createStream("orders", { shards: 1 });
  const path = await Deno.makeTempFile({ suffix: ".sqlite3" });
  const kv = await Deno.openKv(path);
  const streamName = "orders";
  const shardId = "shardId-000000000000";
  const checkpointer = new KvCheckpointer({ kv, name: "app" });
  await checkpointer.create({
    ...{ streamName, shardId, parentShardIds: [] },
    checkpoint: { type: "LATEST" },
  });
  const lease = (await checkpointer.list(streamName))[0]!;
  assert(await checkpointer.take(lease, "worker-7"));
  kv.close();
  const { lines, notes } = await kinesis.run([
    ...["monitor", "orders", "--json", "-n", "1", "--interval", "500ms"],
    ...["--store", `kv:${path}`, "--name", "app"],
  ]);
  assertEquals(notes, "");
  const { shards, workers } = JSON.parse(lines[0]!);
  assertEquals(shards[0].worker, "worker-7");
  assertEquals(workers[0].heldShards, 1);
  await Deno.remove(path);
});
