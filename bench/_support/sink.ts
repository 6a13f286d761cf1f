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
}

/** A running sink. */
export interface Sink {
  /** Where it listens. */
  endpoint: string;
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
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: () => child.kill("SIGKILL"),
  };
}
