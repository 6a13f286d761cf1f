/**
 * The connection to Kinesis, for both processes of the demo.
 *
 * @module
 */
import { KinesisClient } from "@webstreams/kinesis";

/**
 * The address of Kinesis. It is plain data, so that it can be passed to another process. Secrets
 * stay in the environment.
 */
export interface Connection {
  /** The endpoint; `undefined` for that of the region. */
  readonly endpoint?: string;
  /** The region; `undefined` for that of the environment. */
  readonly region?: string;
}

/** Creates a client. */
export function connect({ endpoint, region }: Connection): KinesisClient {
  return new KinesisClient({
    endpoint,
    region,
    credentials: needsCredentials(endpoint)
      ? undefined
      : { accessKeyId: "demo", secretAccessKey: "demo" },
  });
}

/**
 * An emulator on this machine needs no credentials, since it verifies no signature. Credentials in
 * the environment are used all the same.
 */
function needsCredentials(endpoint: string | undefined): boolean {
  if (endpoint === undefined || !URL.canParse(endpoint)) return true;
  if (Deno.env.has("AWS_ACCESS_KEY_ID") || Deno.env.has("AWS_PROFILE")) {
    return true;
  }
  const { hostname } = new URL(endpoint);
  return !["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}
