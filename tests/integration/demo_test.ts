/**
 * The demo as a newcomer runs it: a process, its output and its exit code.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { KinesisClient } from "@webstreams/kinesis";
import { KinesisServer } from "@webstreams/kinesis/testing";

const LINES = 3000;
const SECRETS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: SECRETS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: SECRETS.secretAccessKey,
};

interface Outcome {
  readonly code: number;
  readonly lines: string[];
  readonly stderr: string;
  /** What is left in the folder for temporary files. */
  readonly left: string[];
}

/** Runs the demo with a folder for temporary files of its own. */
async function runDemo(
  args: readonly string[],
  options: {
    input?: string;
    env?: Record<string, string>;
    /** Interrupts the demo when a line of its output holds this. */
    interruptAt?: string;
  } = {},
): Promise<Outcome> {
  const folder = await Deno.makeTempDir();
  try {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "demo", ...args],
      cwd: new URL("../../", import.meta.url),
      env: {
        TMPDIR: folder,
        NO_COLOR: "1",
        // Tests stay on this machine, whatever credentials they lack.
        AWS_EC2_METADATA_DISABLED: "true",
        ...options.env,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const stderr = new Response(child.stderr).text();
    // A demo that refuses its options does not read its input.
    const fed = new Response(options.input ?? "").body?.pipeTo(child.stdin)
      .catch(() => {}) ?? child.stdin.close();
    let stdout = "";
    let interrupted = false;
    for await (
      const text of child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      stdout += text;
      const { interruptAt } = options;
      if (interruptAt && !interrupted && stdout.includes(interruptAt)) {
        interrupted = true;
        child.kill("SIGINT");
      }
    }
    const { code } = await child.status;
    await fed;
    return {
      code,
      lines: stdout.trimEnd().split("\n"),
      stderr: await stderr,
      left: Array.from(Deno.readDirSync(folder), ({ name }) => name),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const input = Array.from(
  { length: LINES },
  (_, i) => JSON.stringify({ id: i, user: { name: `user-${i % 40}` } }),
).join("\n");

/** An in-memory Kinesis on a loopback port that looks at signatures and keeps the limits of the service. */
async function withServer(
  use: (endpoint: string, client: KinesisClient) => Promise<void>,
): Promise<void> {
  const kinesis = new KinesisServer({ credentials: SECRETS });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => kinesis.fetch(request),
  );
  const client = new KinesisClient({
    region: "us-east-1",
    credentials: SECRETS,
    fetch: kinesis.fetch,
  });
  try {
    await use(`http://127.0.0.1:${server.addr.port}`, client);
  } finally {
    await server.shutdown();
  }
}

async function existingStreams(
  client: KinesisClient,
  names: string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const StreamName of names) {
    const exists = await client.describeStreamSummary({ StreamName })
      .then(() => true, () => false);
    if (exists) found.push(StreamName);
  }
  return found;
}

function nameOfStream(lines: string[]): string {
  return /records through (\S+)/.exec(lines[0]!)![1]!;
}

Deno.test("demo reshards, kills its consumer, resumes and verifies when it is given lines", async () => {
  const args = ["--input", "-", "--key", "user.name"];
  const { code, lines, stderr, left } = await runDemo(args, { input });
  assertEquals(stderr, "");
  assertEquals(
    lines.at(-1),
    `verified: ${LINES} records, 0 missing, 0 out of order`,
  );
  assertEquals(code, 0);
  const output = lines.join("\n");
  assertStringIncludes(
    output,
    "split shardId-000000000000, merged shardId-000000000001 and shardId-000000000002",
  );
  assertStringIncludes(output, "killed the consumer");
  assertMatch(output, /shardId-000000000004 +0 +[1-9].*caught-up/);
  assertMatch(output, /shardId-000000000006 +1 \+ 2 +[1-9].*caught-up/);
  assertMatch(output, /shardId-000000000000 +- +[1-9].*finished/);
  assertEquals(left, []);
});

Deno.test("demo removes the stream that it made when it runs on another Kinesis", async () => {
  await withServer(async (endpoint, client) => {
    const { code, lines, stderr } = await runDemo(
      ["--endpoint", endpoint, "--input", "-", "--shards", "3"],
      { input, env: ENVIRONMENT },
    );
    assertEquals(stderr, "");
    assertEquals(
      lines.at(-1),
      `verified: ${LINES} records, 0 missing, 0 out of order`,
    );
    assertEquals(code, 0);
    assertEquals(await existingStreams(client, [nameOfStream(lines)]), []);
  });
});

Deno.test("demo keeps a stream that existed, and leaves its shards and other records alone", async () => {
  await withServer(async (endpoint, client) => {
    const StreamName = "orders";
    await client.createStream({ StreamName, ShardCount: 2 });
    const Data = new TextEncoder().encode("not JSON");
    await client.putRecord({ StreamName, Data, PartitionKey: "before" });
    const { code, lines, stderr } = await runDemo(
      ["--endpoint", endpoint, "--input", "-", "--stream", StreamName],
      { input, env: ENVIRONMENT },
    );
    assertEquals(stderr, "");
    assertEquals(
      lines.at(-1),
      `verified: ${LINES} records, 0 missing, 0 out of order`,
    );
    assertEquals(code, 0);
    const { Shards } = await client.listShards({ StreamName });
    assertEquals(Shards?.length, 2);
  });
});

Deno.test("demo removes everything that it made when it is interrupted", async () => {
  await withServer(async (endpoint, client) => {
    for (const interruptAt of ["records through", "in ", "killed"]) {
      const { code, lines, stderr, left } = await runDemo(
        ["--endpoint", endpoint, "--input", "-"],
        { input, env: ENVIRONMENT, interruptAt },
      );
      assertEquals({ code, stderr, left }, {
        code: 130,
        stderr: "interrupted\n",
        left: [],
      });
      assertEquals(await existingStreams(client, [nameOfStream(lines)]), []);
    }
  });
});

Deno.test("demo says in one line what is wrong when it cannot do what it is asked for", async () => {
  await withServer(async (endpoint) => {
    const cases: [string[], number, string, Record<string, string>?][] = [
      [["--shard", "4"], 2, "Unknown option '--shard'"],
      [["--input", "/no/such.jsonl"], 2, "there is no such file"],
      [["--input", "-", "--shards", "2"], 2, "line 2 of standard input"],
      [["--endpoint", "nonsense"], 2, "'endpoint'"],
      [["--endpoint", "http://127.0.0.1:1"], 1, "no connection to 127.0.0.1:1"],
      [["--endpoint", endpoint], 1, "secret access key", {
        ...ENVIRONMENT,
        AWS_SECRET_ACCESS_KEY: "wrong",
      }],
    ];
    for (const [args, expected, message, env] of cases) {
      const { code, lines, stderr, left } = await runDemo(args, {
        input: '{"a":1}\nnot JSON\n',
        env,
      });
      assertEquals({ code, lines, left }, {
        code: expected,
        lines: [""],
        left: [],
      });
      assertMatch(stderr, /^error: [^\n]+\n$/);
      assertStringIncludes(stderr, message);
      assert(!stderr.includes("    at "), stderr);
    }
  });
});
