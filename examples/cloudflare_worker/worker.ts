/**
 * A Cloudflare Worker that writes what it is sent to a stream.
 *
 * - `POST /orders` answers when the order is stored: 201 with its shard and sequence number
 *   (503 if that takes longer than 10 seconds: the order may be stored nevertheless)
 * - `POST /clicks` answers at once: 202, and the click is stored after the answer. It is lost if
 *   Kinesis cannot be reached then, so use it for what may be lost.
 *
 *     deno bundle --platform browser --output dist/worker.js worker.ts
 *
 * @module
 */
import { KinesisClient, Producer } from "@webstreams/kinesis";
import { json } from "@webstreams/kinesis/processors";

/** Variables and secrets of the Worker. */
export interface Env {
  readonly STREAM_NAME: string;
  readonly AWS_REGION: string;
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
  /** An emulator in place of AWS. */
  readonly KINESIS_ENDPOINT?: string;
  /** How long a value may take to be stored, in milliseconds. Default: 10000. */
  readonly LIMIT_MS?: string;
}

/** What the runtime offers to a request. */
interface Context {
  waitUntil(work: Promise<unknown>): void;
}

/** The largest body of a request, in bytes. */
const MAX_BYTES = 100_000;

export default {
  async fetch(
    request: Request,
    env: Env,
    context: Context,
  ): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method !== "POST") return text("POST an event", 405);
    if (pathname !== "/orders" && pathname !== "/clicks") {
      return text("Not found", 404);
    }
    const body = await readText(request);
    if (body === undefined) {
      return text(`The body must have at most ${MAX_BYTES} bytes`, 413);
    }
    const value = parseJson(body);
    if (value === undefined) return text("The body must be JSON", 400);

    // One producer for each request: what one request has started, another one cannot wait for.
    const producer = producerOf(env);
    const stored = producer.put(value);
    // Resolves when Kinesis has acknowledged the value.
    const closed = producer.close();
    if (pathname === "/clicks") {
      const done = Promise.all([stored, closed])
        .catch((error) => console.error("A click was lost:", error.message));
      context.waitUntil(done);
      return text("Accepted", 202);
    }
    try {
      const [{ shardId, sequenceNumber }] = await Promise.all([stored, closed]);
      return Response.json({ shardId, sequenceNumber }, { status: 201 });
    } catch (error) {
      console.error("An order was not stored:", (error as Error).message);
      return text("Try again later", 503);
    }
  },
};

function producerOf(env: Env): Producer<unknown> {
  const limitMs = Number(env.LIMIT_MS ?? 10_000);
  const client = new KinesisClient({
    timeoutMs: limitMs,
    region: env.AWS_REGION,
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
    },
    endpoint: env.KINESIS_ENDPOINT,
  });
  return new Producer<unknown>({
    client,
    streamName: env.STREAM_NAME,
    processor: json(),
    partitionKey: () => crypto.randomUUID(),
    lingerMs: 0, // There is one value: no others are worth waiting for.
    maxAttempts: 3,
    signal: AbortSignal.timeout(limitMs),
  });
}

/** The body of a request. `undefined` if it is too long; then the rest is not read. */
async function readText({ body }: Request): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let read = "";
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > MAX_BYTES) return undefined;
    read += decoder.decode(part, { stream: true });
  }
  return read + decoder.decode();
}

/** The value of a JSON text. `undefined` if it is none. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function text(body: string, status: number): Response {
  return new Response(`${body}\n`, { status });
}
