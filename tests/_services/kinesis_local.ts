/**
 * Starts kinesis-local (kinesis-mock) in a child process under Node.js. It has nearly the whole
 * API, over plain HTTP and TLS, with HTTP/1.1 and HTTP/2.
 *
 * @module
 */
import { delay } from "@std/async/delay";
// The import also downloads the package with its main.js, which runs in the child process.
import stockCertificate from "kinesis-local/server.json" with { type: "json" };
import { selfSignedCertificate } from "./certificate.ts";
import { freePort, type Service, service } from "./service.ts";

/** Options of {@linkcode startKinesisLocal}. */
export interface KinesisLocalOptions {
  /**
   * How long a stream stays `CREATING`, in milliseconds.
   * @default {0}
   */
  createStreamMs?: number;
  /**
   * How long a stream stays `DELETING`, in milliseconds.
   * @default {0}
   */
  deleteStreamMs?: number;
  /**
   * How long a stream stays `UPDATING` after a split, a merge or a new shard count, in
   * milliseconds.
   * @default {0}
   */
  updateStreamMs?: number;
  /**
   * How long a consumer stays `CREATING` or `DELETING`, in milliseconds.
   * @default {0}
   */
  consumerMs?: number;
  /**
   * Most shards of all streams together.
   * @default {1000}
   */
  shardLimit?: number;
  /**
   * Longest wait for the first answer, in milliseconds.
   * @default {30_000}
   */
  startTimeoutMs?: number;
  /** Cancels the start and stops the process. */
  signal?: AbortSignal;
}

/** A running kinesis-local. */
export interface KinesisLocal extends Service {
  /** The base URL over TLS: HTTP/2 or HTTP/1.1. */
  readonly tlsEndpoint: string;
  /**
   * The certificate that {@linkcode KinesisLocal.tlsEndpoint} presents, for
   * `Deno.createHttpClient({ caCerts: [caCert] })`.
   */
  readonly caCert: string;
  /** The process, for tests that kill it. */
  readonly pid: number;
}

const ATTEMPTS = 3;
const POLL_MS = 25;

/**
 * Starts kinesis-local without streams on two free ports. Resolves when it answers. Needs `node`.
 */
export async function startKinesisLocal(
  options: KinesisLocalOptions = {},
): Promise<KinesisLocal> {
  const pair = await selfSignedCertificate();
  const certPath = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(
      certPath,
      JSON.stringify({ ...stockCertificate, server: pair }),
    );
    for (let attempt = 1;; attempt++) {
      try {
        return await startOnce(options, certPath, pair.cert);
      } catch (error) {
        // Another process may have taken a port before kinesis-local could bind it.
        if (!(error instanceof ExitedError) || attempt === ATTEMPTS) {
          throw error;
        }
      }
    }
  } finally {
    await Deno.remove(certPath);
  }
}

class ExitedError extends Error {}

async function startOnce(
  options: KinesisLocalOptions,
  certPath: string,
  caCert: string,
): Promise<KinesisLocal> {
  const plainPort = freePort();
  const tlsPort = freePort();
  const child = new Deno.Command("node", {
    args: [new URL(import.meta.resolve("kinesis-local/main.js")).pathname],
    env: environment(options, certPath, plainPort, tlsPort),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = Promise.all([
    lastLines(child.stdout),
    lastLines(child.stderr),
  ]);
  const exited = child.status;
  const stop = async () => {
    try {
      // SIGTERM waits half a minute for keep-alive connections.
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // a TypeError: the process has ended
    }
    await Promise.all([exited, output]);
  };
  const endpoint = `http://127.0.0.1:${plainPort}`;
  const deadline = AbortSignal.timeout(options.startTimeoutMs ?? 30_000);
  const signal = options.signal
    ? AbortSignal.any([deadline, options.signal])
    : deadline;
  let ended = false;
  exited.then(() => ended = true);
  while (!(await isHealthy(endpoint, signal))) {
    if (ended) {
      throw new ExitedError(
        `Cannot start kinesis-local: it exited with ${(await exited).code}: ${
          (await output).join("\n")
        }`,
      );
    }
    if (signal.aborted) {
      await stop();
      throw new Error(
        `Cannot start kinesis-local: no answer: ${(await output).join("\n")}`,
        { cause: signal.reason },
      );
    }
    await delay(POLL_MS);
  }
  return service({
    endpoint,
    tlsEndpoint: `https://127.0.0.1:${tlsPort}`,
    caCert,
    pid: child.pid,
  }, stop);
}

function environment(
  options: KinesisLocalOptions,
  certPath: string,
  plainPort: number,
  tlsPort: number,
): Record<string, string> {
  const create = `${options.createStreamMs ?? 0}ms`;
  const remove = `${options.deleteStreamMs ?? 0}ms`;
  const update = `${options.updateStreamMs ?? 0}ms`;
  const consumer = `${options.consumerMs ?? 0}ms`;
  return {
    KINESIS_MOCK_PLAIN_PORT: String(plainPort),
    KINESIS_MOCK_TLS_PORT: String(tlsPort),
    KINESIS_MOCK_CERT_PATH: certPath,
    CREATE_STREAM_DURATION: create,
    DELETE_STREAM_DURATION: remove,
    SPLIT_SHARD_DURATION: update,
    MERGE_SHARDS_DURATION: update,
    UPDATE_SHARD_COUNT_DURATION: update,
    UPDATE_STREAM_MODE_DURATION: update,
    START_STREAM_ENCRYPTION_DURATION: update,
    STOP_STREAM_ENCRYPTION_DURATION: update,
    REGISTER_STREAM_CONSUMER_DURATION: consumer,
    DEREGISTER_STREAM_CONSUMER_DURATION: consumer,
    SHARD_LIMIT: String(options.shardLimit ?? 1000),
    LOG_LEVEL: "ERROR",
    SHOULD_PERSIST_DATA: "false",
  };
}

async function isHealthy(
  endpoint: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const response = await fetch(`${endpoint}/healthcheck`, { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/**
 * Reads the output, so that the process never blocks on a full pipe. Returns the last characters.
 */
async function lastLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text = (text + chunk).slice(-2000);
  }
  return text;
}
