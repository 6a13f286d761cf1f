/**
 * Starts the in-memory Kinesis in a child process, so that its work does not count as that of the
 * client.
 *
 * @module
 */
import type { Fetch } from "../../client/mod.ts";
import type { Stored } from "./sizes.ts";

/** Options of {@linkcode startKinesis}. */
export interface KinesisProcessOptions {
  /** Whether it is behind TLS and HTTP/2. */
  readonly secure: boolean;
  /** Whether it enforces the rates of the service. */
  readonly limits: boolean;
}

/** A running server. */
export interface KinesisProcess {
  /** Its URL. */
  readonly endpoint: string;
  /** Sends requests to it, over HTTP/2 if it is secure. */
  readonly fetch: Fetch;
  /** The amounts that a stream contains. */
  stored(streamName: string): Promise<Stored>;
  /** Ends the process. */
  close(): Promise<void>;
}

/** Resolves when the server accepts connections. */
export async function startKinesis(
  options: KinesisProcessOptions,
): Promise<KinesisProcess> {
  const program = new URL("./kinesis_server.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", program, JSON.stringify(options)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error("Cannot start the server: it has exited");
    text += value;
  }
  const { port, cert } = JSON.parse(text);
  const client = cert && Deno.createHttpClient({ caCerts: [cert] });
  const endpoint = `${cert ? "https" : "http"}://127.0.0.1:${port}`;
  const send: Fetch = (input, init) =>
    fetch(input, { ...init, client } as RequestInit);
  return {
    endpoint,
    fetch: send,
    async stored(streamName) {
      const answer = await send(`${endpoint}/${streamName}`);
      return await answer.json();
    },
    async close() {
      client?.close();
      await reader.cancel();
      await child.stdin.close().catch(() => {});
      await child.status;
    },
  };
}
