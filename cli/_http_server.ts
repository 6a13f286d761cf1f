/**
 * An HTTP server on the loopback interface, on Deno and Node.js.
 *
 * @module
 */
import { Failure } from "./_failure.ts";

type NodeHttp = typeof import("node:http");
type IncomingMessage = InstanceType<NodeHttp["IncomingMessage"]>;
type ServerResponse = InstanceType<NodeHttp["ServerResponse"]>;

/** Answers requests. The signal of a request aborts when its client has gone. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** A server that listens. */
export interface HttpServer {
  readonly port: number;
  /** Ends all answers and stops listening. */
  close(): Promise<void>;
}

/** What a server takes. */
export interface ListenOptions {
  /** The most bytes of the body of a request. Default: no limit. */
  readonly mostBodyBytes?: number;
}

/** The only interface: other machines cannot connect. */
const HOST = "127.0.0.1";

/**
 * Listens on a port of the loopback interface; 0 is a free one.
 *
 * @throws {Failure} if the port is in use, or must not be used
 */
export async function listen(
  handler: Handler,
  port: number,
  { mostBodyBytes = Infinity }: ListenOptions = {},
): Promise<HttpServer> {
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    answer(request, response, handler, mostBodyBytes)
      .catch(() => response.destroy());
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(refusal(port, error)));
    server.listen(port, HOST, resolve);
  });
  const address = server.address() as { port: number };
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refusal(port: number, error: Error & { code?: string }): Failure {
  const why = error.code === "EADDRINUSE"
    ? "another program listens there. --port names another port, and 0 a free one"
    : error.message;
  return new Failure(`Cannot listen on port ${port} of ${HOST}: ${why}`);
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handler: Handler,
  mostBodyBytes: number,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  const body = await bodyOf(incoming, mostBodyBytes);
  if (!body) {
    outgoing.writeHead(413, { connection: "close" });
    // What is still to come is not read.
    outgoing.end(() => incoming.destroy());
    return;
  }
  const response = await handler(requestOf(incoming, body, gone.signal));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body) await send(response.body, outgoing, gone.signal);
  outgoing.end();
}

/** The body of a request. `undefined` if it is too large. */
function bodyOf(
  incoming: IncomingMessage,
  most: number,
): Promise<Blob | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    incoming.on("data", (chunk) => {
      size += chunk.length;
      if (size <= most) chunks.push(chunk);
      else resolve(void incoming.pause());
    });
    incoming.once("end", () => resolve(new Blob(chunks)));
    incoming.once("error", reject);
    incoming.once("close", () => reject(new Error("The client has gone")));
  });
}

function requestOf(
  incoming: IncomingMessage,
  body: Blob,
  signal: AbortSignal,
): Request {
  const { method = "GET", url = "/" } = incoming;
  const headers = new Headers();
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
    headers.append(incoming.rawHeaders[i]!, incoming.rawHeaders[i + 1]!);
  }
  const host = headers.get("host") ?? HOST;
  return new Request(new URL(url, `http://${host}`), {
    ...{ method, headers, signal },
    body: method === "GET" || method === "HEAD" ? null : body,
  });
}

async function send(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  outgoing: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const reader = body.getReader();
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (!outgoing.write(value)) await drained(outgoing);
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Resolves when more can be written, or the client has gone. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      outgoing.off("drain", end).off("close", end);
      resolve();
    };
    outgoing.once("drain", end).once("close", end);
  });
}
