/**
 * Runs the demo as users do: in a process, with its output and its exit code.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { delay } from "@std/async/delay";
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
  /** The files that are left in the folder for temporary files. */
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
    /** Interrupts the demo again when this settles. */
    interruptAgain?: Promise<void>;
    /** Closes the output when a line of it holds this. */
    closeAt?: string;
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
        // Without credentials the demo would look for an instance metadata service.
        AWS_EC2_METADATA_DISABLED: "true",
        ...options.env,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const stderr = new Response(child.stderr).text();
    // A demo with invalid options does not read its input.
    const fed = new Response(options.input ?? "").body?.pipeTo(child.stdin)
      .catch(() => {}) ?? child.stdin.close();
    let stdout = "";
    let interrupted = false;
    for await (
      const text of child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      stdout += text;
      const { interruptAt, interruptAgain, closeAt } = options;
      if (interruptAt && !interrupted && stdout.includes(interruptAt)) {
        interrupted = true;
        child.kill("SIGINT");
        // A signal within 300 ms belongs to the same Ctrl-C.
        interruptAgain?.then(() => delay(400)).then(() => child.kill("SIGINT"));
      }
      if (closeAt && stdout.includes(closeAt)) break;
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

/** An in-memory Kinesis on a loopback port that verifies signatures and enforces the limits. */
async function withServer(
  use: (endpoint: string, client: KinesisClient) => Promise<void>,
  intercept: (action: string) => Promise<Response> | undefined = () =>
    undefined,
): Promise<void> {
  const kinesis = new KinesisServer({ credentials: SECRETS });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) =>
      intercept(request.headers.get("x-amz-target")!.split(".")[1]!) ??
        kinesis.fetch(request),
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

Deno.test("demo stops at once when it is interrupted again, and says what it left and how to remove it", async () => {
  const deleting = Promise.withResolvers<void>();
  const silence = Promise.withResolvers<Response>();
  const intercept = (action: string) => {
    if (action !== "DeleteStream") return undefined;
    deleting.resolve();
    return silence.promise;
  };
  await withServer(async (endpoint) => {
    const { code, lines, stderr, left } = await runDemo(
      ["--endpoint", endpoint, "--input", "-", "--region", "us-east-1"],
      {
        input,
        env: ENVIRONMENT,
        interruptAt: "records through",
        interruptAgain: deleting.promise,
      },
    );
    const name = nameOfStream(lines);
    assertEquals({ code, left }, { code: 130, left: [] });
    assertEquals(
      stderr,
      `interrupted
stopped at once
left behind: the stream ${name} in ${endpoint}: remove it with
    aws kinesis delete-stream --stream-name ${name} --region us-east-1 --endpoint-url ${endpoint}
`,
    );
    silence.resolve(new Response());
  }, intercept);
});

Deno.test("demo fails when it may not remove its stream, and says how to", async () => {
  const body = { __type: "AccessDeniedException", message: "no DeleteStream" };
  const intercept = (action: string) =>
    action === "DeleteStream"
      ? Promise.resolve(Response.json(body, { status: 400 }))
      : undefined;
  await withServer(async (endpoint, client) => {
    const { code, lines, stderr, left } = await runDemo(
      ["--endpoint", endpoint, "--input", "-"],
      { input, env: ENVIRONMENT },
    );
    const name = nameOfStream(lines);
    assertEquals(await existingStreams(client, [name]), [name]);
    assertEquals({ code, left }, { code: 1, left: [] });
    assertMatch(lines.at(-1)!, /^verified/);
    assertStringIncludes(stderr, `left behind: the stream ${name} in`);
    assertStringIncludes(stderr, `delete-stream --stream-name ${name}`);
    assertStringIncludes(stderr, "no DeleteStream");
  }, intercept);
});

Deno.test("demo removes its stream when the answer that it was made is lost", async () => {
  let creations = 0;
  const deleted: string[] = [];
  const intercept = (action: string) => {
    if (action === "DeleteStream") deleted.push(action);
    if (action !== "CreateStream") return undefined;
    // The client retries, and the answer is that the stream exists.
    const body = { __type: "ResourceInUseException", message: "exists" };
    return ++creations === 1
      ? Promise.resolve(new Response(null, { status: 500 }))
      : Promise.resolve(Response.json(body, { status: 400 }));
  };
  await withServer(async (endpoint) => {
    const { code, stderr } = await runDemo(
      ["--endpoint", endpoint, "--input", "-"],
      { input: "1", env: ENVIRONMENT },
    );
    // The intercepted requests did not create it.
    assertEquals(code, 1);
    assertStringIncludes(stderr, "ResourceNotFoundException");
    assertFalse(stderr.includes("left behind"), stderr);
    assertEquals(deleted.length, 1);
  }, intercept);
});

Deno.test("demo ends and removes everything when its output is closed", async () => {
  await withServer(async (endpoint, client) => {
    const { code, lines, stderr, left } = await runDemo(
      ["--endpoint", endpoint, "--input", "-"],
      { input, env: ENVIRONMENT, closeAt: "records through" },
    );
    assertEquals({ code, stderr, left }, { code: 141, stderr: "", left: [] });
    assertEquals(await existingStreams(client, [nameOfStream(lines)]), []);
  });
});

Deno.test("demo names the mistake of the user in one line", async () => {
  await withServer(async (endpoint) => {
    const large = `1\n2\n"${"x".repeat(1_048_577)}"`;
    const cases: [
      string[],
      number,
      string,
      Record<string, string>?,
      string?,
    ][] = [
      [["--shard", "4"], 2, "Unknown option '--shard'"],
      [["--input", "/no/such.jsonl"], 2, "there is no such file"],
      [["--input", "-", "--shards", "2"], 2, "line 2 of standard input"],
      [["--endpoint", "nonsense"], 2, "'endpoint'"],
      [["--endpoint", "http://127.0.0.1:1"], 1, "no connection to 127.0.0.1:1"],
      [["--endpoint", endpoint], 1, "secret access key", {
        ...ENVIRONMENT,
        AWS_SECRET_ACCESS_KEY: "wrong",
      }],
      [["--input", "-"], 2, "line 3 of standard input", {}, large],
      [["--input", "-"], 2, "line 2 of standard input", {}, "1\n[1e400]\n"],
    ];
    for (const [args, expected, message, env, wrong] of cases) {
      const { code, lines, stderr, left } = await runDemo(args, {
        input: wrong ?? '{"a":1}\nnot JSON\n',
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
