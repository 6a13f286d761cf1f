/**
 * Starts the sink, a minimal Kinesis server on loopback. It runs in its own process, so that its
 * CPU time does not count as that of the client.
 *
 * @module
 */

/** Options of a sink. */
export interface SinkOptions {
  /**
   * The number of shards in its answers.
   * @default {4}
   */
  shards?: number;
  /**
   * The first shards have records without end; the others have none.
   * @default {all}
   */
  busyShards?: number;
  /**
   * Records in every GetRecords answer.
   * @default {10_000}
   */
  readRecords?: number;
  /**
   * Bytes of each of these records.
   * @default {1000}
   */
  readBytes?: number;
  /**
   * A file with the records of every GetRecords answer in place of these: a JSON array of objects
   * with `Data` in base64 and `PartitionKey`.
   */
  readFile?: string;
  /**
   * Paths of a PEM key and certificate, for HTTPS.
   * @default {plain HTTP}
   */
  tls?: { key: string; cert: string };
  /**
   * Whether to decode all records and count their values, which makes the sink slow.
   * @default {false}
   */
  inspect?: boolean;
  /**
   * Delay of every answer, in milliseconds.
   * @default {0}
   */
  delayMs?: number;
}

/** What a sink has received since its start. */
export interface SinkStats {
  /** PutRecords requests. */
  requests: number;
  /** Kinesis records in these requests. */
  records: number;
  /** Bytes of the request bodies. */
  bytes: number;
  /** Values in the records, if `inspect` is set. */
  values: number;
  /** Distinct values. */
  distinct: number;
  /** CPU time of the sink in microseconds. */
  cpuMicros: number;
}

/** A running sink. */
export interface Sink {
  /** The URL of the sink. */
  endpoint: string;
  /** Reads the current statistics. */
  stats(): Promise<SinkStats>;
  /** Kills the process. */
  close(): void;
}

/** Starts a sink. Needs `node`. */
export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const child = new Deno.Command("node", {
    args: [
      new URL("./sink_server.mjs", import.meta.url).pathname,
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
  const port = Number(new TextDecoder().decode(value).trim());
  child.unref();
  const endpoint = `${options.tls ? "https" : "http"}://127.0.0.1:${port}`;
  const client = options.tls && Deno.createHttpClient({
    caCerts: [await Deno.readTextFile(options.tls.cert)],
  });
  return {
    endpoint,
    stats: async () => await (await fetch(endpoint, { client })).json(),
    close: () => {
      client?.close();
      child.kill("SIGKILL");
    },
  };
}
