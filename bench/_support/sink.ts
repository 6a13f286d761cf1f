/**
 * A Kinesis that stores nothing and reads from nothing: it answers as fast as loopback allows, in a process of its own,
 * so that what is measured is the client.
 *
 * @module
 */

/** How a sink is shaped. */
export interface SinkOptions {
  /** Shards that it claims to have. */
  shards: number;
  /** Records in every answer of GetRecords. */
  readRecords: number;
  /** Bytes of each of them. */
  readBytes: number;
}

const MARK = new TextEncoder().encode('PartitionKey"');
const MAX_HASH = (1n << 128n) - 1n;

function shardsAnswer(count: number): string {
  const width = (MAX_HASH + 1n) / BigInt(count);
  const shards = Array.from({ length: count }, (_, i) => ({
    ShardId: `shardId-${String(i).padStart(12, "0")}`,
    HashKeyRange: {
      StartingHashKey: String(width * BigInt(i)),
      EndingHashKey: String(
        i === count - 1 ? MAX_HASH : width * BigInt(i + 1) - 1n,
      ),
    },
    SequenceNumberRange: { StartingSequenceNumber: "1" },
  }));
  return JSON.stringify({ Shards: shards });
}

function recordsAnswer({ readRecords, readBytes }: SinkOptions): Uint8Array {
  const value = JSON.stringify({
    text: "x".repeat(Math.max(0, readBytes - 11)),
  });
  const data = btoa(value);
  const records = Array.from({ length: readRecords }, (_, i) => ({
    SequenceNumber: String(10n ** 55n + BigInt(i)),
    ApproximateArrivalTimestamp: 1.7e9,
    Data: data,
    PartitionKey: `key-${i}`,
  }));
  return new TextEncoder().encode(JSON.stringify({
    Records: records,
    NextShardIterator: "next",
    MillisBehindLatest: 1000,
  }));
}

/** Counts records without parsing: the answer needs one entry for each. */
function count(body: Uint8Array): number {
  const bytes = (globalThis as unknown as {
    Buffer: {
      from(b: ArrayBufferLike): { indexOf(m: Uint8Array, at: number): number };
    };
  }).Buffer.from(body.buffer);
  let found = 0;
  for (
    let at = bytes.indexOf(MARK, 0);
    at >= 0;
    at = bytes.indexOf(MARK, at + MARK.length)
  ) found++;
  return found;
}

if (import.meta.main) {
  const options: SinkOptions = JSON.parse(Deno.args[0]!);
  const shards = shardsAnswer(options.shards);
  const records = recordsAnswer(options);
  const entry = JSON.stringify({
    SequenceNumber: String(10n ** 55n),
    ShardId: "shardId-000000000000",
  });
  const answers = new Map<number, string>();
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(port),
  }, async (request) => {
    const action = request.headers.get("x-amz-target")?.split(".")[1];
    const body = new Uint8Array(await request.arrayBuffer());
    const headers = { "content-type": "application/x-amz-json-1.1" };
    switch (action) {
      case "PutRecords": {
        const n = count(body);
        let answer = answers.get(n);
        if (!answer) {
          answer = `{"FailedRecordCount":0,"Records":[${
            new Array(n).fill(entry).join(",")
          }]}`;
          answers.set(n, answer);
        }
        return new Response(answer, { headers });
      }
      case "GetRecords":
        return new Response(records as Uint8Array<ArrayBuffer>, { headers });
      case "ListShards":
        return new Response(shards, { headers });
      case "GetShardIterator":
        return new Response('{"ShardIterator":"next"}', { headers });
      default:
        return new Response("{}", { headers });
    }
  });
}

/** A running sink. */
export interface Sink {
  /** Where it listens. */
  endpoint: string;
  /** Ends the process. */
  close(): Promise<void>;
}

/** Starts a sink in a process of its own. */
export async function startSink(
  options: Partial<SinkOptions> = {},
): Promise<Sink> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-lock",
      "--allow-net=127.0.0.1",
      new URL(import.meta.url).pathname,
      JSON.stringify({
        shards: 4,
        readRecords: 10_000,
        readBytes: 1000,
        ...options,
      }),
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  const port = Number(new TextDecoder().decode(value).trim());
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      child.kill("SIGKILL");
      await child.stdout.cancel();
      await child.status;
    },
  };
}
