/**
 * Requests over HTTP/2.
 *
 * @module
 */
import http2 from "node:http2";
import { onAbort } from "../_core/on_abort.ts";
import { Answer } from "./_answer.ts";
import { failure, type NodeRequest } from "./_request.ts";

/** Options of {@linkcode Http2}. */
export interface Http2Options {
  /** An unused connection is closed after so many milliseconds. */
  readonly idleTimeoutMs: number;
  /** Certificates of authorities that are trusted, in PEM. `undefined`: those of Node.js. */
  readonly ca: string | string[] | undefined;
}

/**
 * The bytes that may be on their way for one request. A stream that is not read stops after so many
 * bytes.
 */
const STREAM_WINDOW = 1024 * 1024;
/**
 * The same for a whole connection: the largest number of the protocol, so that streams that are not
 * read never stop the others.
 */
const CONNECTION_WINDOW = 2 ** 31 - 1;
/** Requests on a connection before its server has said how many it allows. */
const FIRST_STREAMS = 100;

/** Headers that belong to a connection. HTTP/2 forbids them. */
const OF_CONNECTION = new Set([
  "connection",
  "host",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

interface Connection {
  readonly session: http2.ClientHttp2Session;
  /** The requests that run. */
  streams: number;
  idle: ReturnType<typeof setTimeout> | undefined;
}

/** Sends requests over HTTP/2. Opens a further connection when one is full. */
export class Http2 {
  readonly #options: Http2Options;
  readonly #connections: Map<string, Set<Connection>> = new Map();

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
  send({ url, method, headers, body, signal }: NodeRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const connection = this.#connectionTo(url.origin);
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
      const stream = connection.session.request(sent, { endStream: !body });
      this.#begin(connection, stream);
      const stopListening = onAbort(signal, () => {
        reject(signal!.reason);
        stream.close(http2.constants.NGHTTP2_CANCEL);
      });
      stream.on("error", (error) => {
        stopListening();
        reject(failure(error));
      });
      stream.on("close", () => {
        stopListening();
        reject(failure(new Error("the connection ended before the answer")));
      });
      stream.on("response", (received) => {
        stopListening();
        resolve(
          new Answer({
            url: url.href,
            status: received[":status"]!,
            statusText: "",
            headers: headersOf(received),
            source: stream,
            signal,
            bodiless: method === "HEAD",
          }),
        );
      });
      if (body) stream.end(body);
    });
  }

  /** Closes all connections. Running requests fail. */
  close(): void {
    for (const connections of this.#connections.values()) {
      for (const { session, idle } of connections) {
        clearTimeout(idle);
        session.destroy();
      }
    }
    this.#connections.clear();
  }

  #connectionTo(origin: string): Connection {
    for (const connection of this.#connections.get(origin) ?? []) {
      const { session, streams } = connection;
      const most = session.connecting
        ? FIRST_STREAMS
        : session.remoteSettings?.maxConcurrentStreams ?? FIRST_STREAMS;
      if (streams < most) return connection;
    }
    return this.#connect(origin);
  }

  #connect(origin: string): Connection {
    const session = http2.connect(origin, {
      ca: this.#options.ca,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
    });
    const connection: Connection = { session, streams: 0, idle: undefined };
    const connections = this.#connections.get(origin) ?? new Set();
    this.#connections.set(origin, connections.add(connection));
    const forget = () => {
      clearTimeout(connection.idle);
      connections.delete(connection);
      if (
        connections.size === 0 && this.#connections.get(origin) === connections
      ) {
        this.#connections.delete(origin);
      }
    };
    session.on("connect", () => session.setLocalWindowSize(CONNECTION_WINDOW));
    // Each request reports the error too.
    session.on("error", forget);
    session.on("close", forget);
    // Requests that run go on. Node.js closes the session after them.
    session.on("goaway", forget);
    return connection;
  }

  /** Counts a request, and closes the connection some time after the last one. */
  #begin(connection: Connection, stream: http2.ClientHttp2Stream): void {
    const { session } = connection;
    clearTimeout(connection.idle);
    connection.streams++;
    // A connection without requests lets the process end.
    session.ref();
    stream.on("close", () => {
      if (--connection.streams > 0 || session.destroyed) return;
      session.unref();
      connection.idle = setTimeout(
        () => session.close(),
        this.#options.idleTimeoutMs,
      );
      connection.idle.unref?.();
    });
  }
}

function headersOf(received: http2.IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(received)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const one of [value].flat()) headers.append(name, one);
  }
  return headers;
}
