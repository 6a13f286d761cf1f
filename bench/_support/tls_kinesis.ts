/**
 * Starts the in-memory Kinesis in a child process, behind TLS and HTTP/2.
 *
 * @module
 */

import type { Fetch } from "../../client/mod.ts";

/** A running server. */
export interface TlsKinesis {
  /** Its URL. */
  readonly endpoint: string;
  /** Its certificate. */
  readonly cert: string;
  /** Sends requests to it over HTTP/2. */
  readonly fetch: Fetch;
  /** Ends the process. */
  close(): Promise<void>;
}

/** Resolves when the server accepts connections. */
export async function startTlsKinesis(): Promise<TlsKinesis> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      new URL("./kinesis_server.ts", import.meta.url).href,
    ],
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
  const client = Deno.createHttpClient({ caCerts: [cert] });
  return {
    endpoint: `https://127.0.0.1:${port}`,
    cert,
    fetch: (input, init) => fetch(input, { ...init, client } as RequestInit),
    close: async () => {
      client.close();
      await reader.cancel();
      child.kill("SIGKILL");
      await child.status;
    },
  };
}
