/**
 * Starts the loopback sink in a process of its own, so that what is measured is the client.
 *
 * @module
 */

/** How a sink is shaped. */
export interface SinkOptions {
  /** Shards that it claims to have. @default {4} */
  shards?: number;
  /** Records in every answer of GetRecords. @default {10_000} */
  readRecords?: number;
  /** Bytes of each of them. @default {1000} */
  readBytes?: number;
  /** Files with a key and a certificate in PEM, for HTTPS. Default: HTTP. */
  tls?: { key: string; cert: string };
  /** Looks into all records and counts the values in them, which makes it slow. @default {false} */
  inspect?: boolean;
  /** How long every answer takes, in milliseconds. @default {0} */
  delayMs?: number;
}

/** What a sink has taken since its start. */
export interface SinkStats {
  /** Requests of PutRecords. */
  requests: number;
  /** Kinesis records in them. */
  records: number;
  /** Bytes of their bodies. */
  bytes: number;
  /** Values inside, if it inspects. */
  values: number;
  /** How many different ones. */
  distinct: number;
  /** CPU time of the sink in microseconds. */
  cpuMicros: number;
}

/** A running sink. */
export interface Sink {
  /** Where it listens. */
  endpoint: string;
  /** What it has taken so far. */
  stats(): Promise<SinkStats>;
  /** Ends the process. */
  close(): void;
}

/** Starts a sink; needs `node`. */
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
