/**
 * Requests over HTTP/2.
 *
 * @module
 */
import http2 from "node:http2";
import { onAbort } from "../_core/on_abort.ts";
import { raceAbort } from "../_core/race_abort.ts";
import { Answer } from "./_answer.ts";
import { Http2Connection, type Http2Options } from "./_http2_connection.ts";
import { failure, type NodeRequest } from "./_request.ts";

/** Headers that belong to a connection. HTTP/2 forbids them. */
const OF_CONNECTION = new Set([
  "connection",
  "host",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** A request that no server has begun to process is sent so often. */
const MOST_ATTEMPTS = 5;

/** A request that was not processed, and may be sent over another connection. */
class NotProcessed extends Error {}

/** Sends requests over HTTP/2. Opens a further connection when one is full. */
export class Http2 {
  readonly #options: Http2Options;
  readonly #connections: Map<string, Set<Http2Connection>> = new Map();

  /** Opens no connection yet. */
  constructor(options: Http2Options) {
    this.#options = options;
  }

  /** The open connections. */
  get connections(): number {
    let count = 0;
    for (const { size } of this.#connections.values()) count += size;
    return count;
  }

  /** Sends a request. Resolves when the headers of the answer have arrived. */
  async send(request: NodeRequest): Promise<Answer> {
    for (let attempt = 1;; attempt++) {
      const connection = await this.#connectionFor(request);
      try {
        return await exchange(connection, request);
      } catch (error) {
        if (!(error instanceof NotProcessed)) throw error;
        // The connection is full or about to end, whatever it says.
        connection.retire();
        if (attempt === MOST_ATTEMPTS) throw failure(error.cause);
      }
    }
  }

  /** Closes all connections. Running requests fail. */
  close(): void {
    for (const connections of this.#connections.values()) {
      for (const connection of connections) connection.destroy();
    }
    this.#connections.clear();
  }

  /** A connection with a place for the request. */
  async #connectionFor(
    { url: { origin }, signal }: NodeRequest,
  ): Promise<Http2Connection> {
    for (let ended = 0;;) {
      let connecting: Http2Connection | undefined;
      for (const connection of this.#connections.get(origin) ?? []) {
        if (connection.reserve()) return connection;
        if (connection.isConnecting) connecting = connection;
      }
      // Requests wait for a new connection, since only then its limit is known.
      connecting ??= this.#connect(origin);
      await raceAbort(connecting.ready, signal);
      if (connecting.reserve()) return connecting;
      const error = connecting.reasonOf(undefined);
      if (error !== undefined) throw failure(error);
      if (connecting.allowsNone) {
        throw failure(new Error("the server allows no requests"));
      }
      if (connecting.isRetired && ++ended === MOST_ATTEMPTS) {
        throw failure(new Error("the server ends each connection at once"));
      }
    }
  }

  #connect(origin: string): Http2Connection {
    const connections = this.#connections.get(origin) ?? new Set();
    const connection = new Http2Connection(origin, this.#options, () => {
      connections.delete(connection);
      if (
        connections.size === 0 && this.#connections.get(origin) === connections
      ) this.#connections.delete(origin);
    });
    this.#connections.set(origin, connections.add(connection));
    return connection;
  }
}

/**
 * Sends a request and resolves with its answer.
 *
 * @throws {NotProcessed} if the server has certainly not processed it
 */
function exchange(
  connection: Http2Connection,
  { url, method, headers, body, signal }: NodeRequest,
): Promise<Answer> {
  const sent: http2.OutgoingHttpHeaders = {
    ":method": method,
    ":path": url.pathname + url.search,
    ":scheme": "https",
    ":authority": url.host,
  };
  for (const [name, value] of headers) {
    if (!OF_CONNECTION.has(name)) sent[name] = value;
  }
  if (body) sent["content-length"] = body.byteLength;
  return new Promise((resolve, reject) => {
    let stream: http2.ClientHttp2Stream;
    try {
      stream = connection.request(sent, !body);
    } catch (cause) {
      // The connection has just received GOAWAY, or is being closed.
      reject(new NotProcessed("no request was sent", { cause }));
      return;
    }
    const stopListening = onAbort(signal, () => {
      reject(signal!.reason);
      stream.close(http2.constants.NGHTTP2_CANCEL);
      connection.suspect();
    });
    stream.on("error", (error) => {
      stopListening();
      const isRefused =
        stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM;
      const cause = connection.reasonOf(error);
      reject(
        isRefused ? new NotProcessed("refused", { cause }) : failure(cause),
      );
    });
    stream.on("close", () => {
      stopListening();
      const ended = new Error("the connection ended before the answer");
      reject(failure(connection.reasonOf(ended)));
    });
    stream.on("response", (received) => {
      stopListening();
      const stopSuspecting = onAbort(signal, () => connection.suspect());
      stream.on("close", stopSuspecting);
      resolve(
        new Answer({
          url: url.href,
          status: received[":status"]!,
          statusText: "",
          headers: headersOf(received),
          source: stream,
          // A stream that was reset, or whose connection broke, ends like a complete one.
          isComplete: () => stream.rstCode === http2.constants.NGHTTP2_NO_ERROR,
          signal,
          bodiless: method === "HEAD",
        }),
      );
    });
    if (body) stream.end(body);
  });
}

function headersOf(received: http2.IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(received)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const one of [value].flat()) headers.append(name, one);
  }
  return headers;
}
