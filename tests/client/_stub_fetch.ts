/**
 * A `fetch` whose answers a test decides, and a clock that waits for Web Crypto.
 *
 * @module
 */
import {
  type Fetch,
  KinesisClient,
  type KinesisClientOptions,
} from "../../client/mod.ts";
import { FakeClock } from "../_services/fake_clock.ts";

/** A request that reached the stub. */
export interface Sent {
  readonly action: string;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  readonly at: number;
  readonly init: RequestInit;
}

export type Handler = (
  sent: Sent,
  index: number,
) => Response | Promise<Response>;

/** An answer as Kinesis gives it. */
export function ok(body: unknown = {}, headers: HeadersInit = {}): Response {
  return new Response(JSON.stringify(body), { headers });
}

/** An error as Kinesis gives it. */
export function failure(
  type: string,
  status = 400,
  headers: HeadersInit = {},
): Response {
  return new Response(JSON.stringify({ __type: type, message: "no" }), {
    status,
    headers,
  });
}

export interface Stub {
  readonly clock: FakeClock;
  readonly client: KinesisClient;
  readonly sent: Sent[];
  /** Turns the hands as far as the promise needs, and lets Web Crypto finish in between. */
  run<T>(promise: Promise<T>): Promise<T>;
  /** Resolves when so many requests have reached the stub. */
  reached(count: number): Promise<void>;
}

/**
 * Longer than anything a test waits for, so that the time limit of a call is told apart from its
 * delays.
 */
const TIMEOUT_MS = 1_000_000;

export function stub(
  handler: Handler,
  options: KinesisClientOptions = {},
): Stub {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const fetch: Fetch = async (_input, init = {}) => {
    const headers = new Headers(init.headers);
    const request: Sent = {
      action: headers.get("x-amz-target")!.split(".")[1]!,
      body: JSON.parse(new TextDecoder().decode(init.body as Uint8Array)),
      headers,
      signal: init.signal!,
      at: clock.now(),
      init,
    };
    sent.push(request);
    return await handler(request, sent.length - 1);
  };
  const client = new KinesisClient({
    endpoint: "http://127.0.0.1:1",
    region: "eu-west-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    fetch,
    clock,
    random: () => 0.5,
    timeoutMs: TIMEOUT_MS,
    ...options,
  });
  return {
    clock,
    client,
    sent,
    async run<T>(promise: Promise<T>): Promise<T> {
      let done = false;
      const mark = () => void (done = true);
      promise.then(mark, mark);
      while (!done) {
        await turn();
        const next = clock.nextTimerMs;
        if (!done && next !== undefined && next < TIMEOUT_MS / 2) {
          await clock.advance(next);
        }
      }
      return await promise;
    },
    async reached(count) {
      while (sent.length < count) await turn();
    },
  };
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A body that never ends, and whether it was cancelled. */
export function endless(chunk = new Uint8Array([0x20])): {
  body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly cancelled: boolean;
  readonly pulls: number;
} {
  const state = { cancelled: false, pulls: 0 };
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(out) {
      state.pulls++;
      out.enqueue(chunk);
    },
    cancel() {
      state.cancelled = true;
    },
  }, { highWaterMark: 0 });
  return {
    body,
    get cancelled() {
      return state.cancelled;
    },
    get pulls() {
      return state.pulls;
    },
  };
}

/** A body of which nothing arrives. */
export function stalled(): {
  body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly cancelled: boolean;
} {
  const state = { cancelled: false };
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    cancel() {
      state.cancelled = true;
    },
  });
  return {
    body,
    get cancelled() {
      return state.cancelled;
    },
  };
}
