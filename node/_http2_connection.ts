/**
 * A connection over HTTP/2.
 *
 * @module
 */
import http2 from "node:http2";

/** Options of connections over HTTP/2. */
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
/** Requests at a time if the server states no limit. */
const DEFAULT_STREAMS = 100;
/** A connection that does not answer a ping for so many milliseconds is dead. */
const PING_MS = 3000;

/** The time to connect, and to learn the limits of the server, in milliseconds. */
const CONNECT_MS = 10_000;

/** A connection, and how many requests it has. */
export class Http2Connection {
  /** Resolves when the server has stated its limits, or the connection has failed. */
  readonly ready: Promise<void>;
  readonly #session: http2.ClientHttp2Session;
  readonly #idleTimeoutMs: number;
  /** Why the connection failed. */
  #error: unknown;
  #state: "connecting" | "open" | "suspect" | "retired" = "connecting";
  /** Requests that run or have a place. */
  #places = 0;
  readonly #streams = new Set<http2.ClientHttp2Stream>();
  #idle: ReturnType<typeof setTimeout> | undefined;
  #pong: ReturnType<typeof setTimeout> | undefined;

  /** Connects. Calls `onClose` once, when the connection has ended. */
  constructor(origin: string, options: Http2Options, onClose: () => void) {
    this.#idleTimeoutMs = options.idleTimeoutMs;
    const session = http2.connect(origin, {
      ca: options.ca,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
    });
    this.#session = session;
    // Else every further request would wait for a connection that never answers.
    const opening = setTimeout(
      () => session.destroy(new Error(`no connection in ${CONNECT_MS} ms`)),
      CONNECT_MS,
    );
    this.ready = new Promise((resolve) => {
      session.once("remoteSettings", () => {
        clearTimeout(opening);
        if (this.#state === "connecting") this.#state = "open";
        resolve();
      });
      session.once("close", resolve);
    });
    session.on("connect", () => session.setLocalWindowSize(CONNECTION_WINDOW));
    session.on("error", (error) => {
      this.#error ??= error;
      this.retire();
    });
    session.on("goaway", (_code, lastStreamId) => {
      this.retire();
      // The server has not processed these. The others go on.
      for (const stream of this.#streams) {
        if ((stream.id ?? 0) > lastStreamId) {
          stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
        }
      }
    });
    session.on("close", () => {
      this.#state = "retired";
      clearTimeout(opening);
      clearTimeout(this.#idle);
      clearTimeout(this.#pong);
      onClose();
    });
  }

  /** Whether the server has not stated its limits yet. */
  get isConnecting(): boolean {
    return this.#state === "connecting";
  }

  /** Whether the connection has ended or is about to end. */
  get isRetired(): boolean {
    return this.#state === "retired";
  }

  /** Whether the server allows no requests at all. */
  get allowsNone(): boolean {
    return this.#state === "open" && this.#most === 0;
  }

  /**
   * Reserves a place for a request, which must then be begun by {@linkcode Http2Connection.request}.
   * Returns whether there was one.
   */
  reserve(): boolean {
    if (this.#state !== "open" || this.#places >= this.#most) return false;
    this.#places++;
    return true;
  }

  /** Why the connection failed, if it did; else `error`. */
  reasonOf(error: unknown): unknown {
    return this.#error ?? error;
  }

  /**
   * Begins a request in a place that was reserved.
   *
   * @throws {Error} if the connection has ended or is about to end
   */
  request(
    headers: http2.OutgoingHttpHeaders,
    endStream: boolean,
  ): http2.ClientHttp2Stream {
    const session = this.#session;
    let stream: http2.ClientHttp2Stream;
    try {
      stream = session.request(headers, { endStream });
    } catch (error) {
      this.#places--;
      throw error;
    }
    clearTimeout(this.#idle);
    this.#streams.add(stream);
    // A connection without requests lets the process end.
    session.ref();
    stream.on("close", () => {
      this.#places--;
      this.#streams.delete(stream);
      if (this.#places === 0 && !session.destroyed) this.#rest();
    });
    return stream;
  }

  /** Begins no further requests, and closes the connection after the last one. */
  retire(): void {
    this.#state = "retired";
    if (this.#places === 0) this.#session.close();
  }

  /**
   * Begins no further requests until the server has answered a ping. Without an answer the
   * connection is closed: a connection that a firewall or a router has dropped stays silent for
   * ever.
   */
  suspect(): void {
    const session = this.#session;
    if (this.#state !== "open" || session.destroyed) return;
    this.#state = "suspect";
    this.#pong = setTimeout(
      () => session.destroy(new Error("the connection is dead")),
      PING_MS,
    );
    this.#pong.unref?.();
    const isSent = session.ping((error) => {
      clearTimeout(this.#pong);
      if (!error && this.#state === "suspect") this.#state = "open";
    });
    if (!isSent) this.retire();
  }

  /** Ends at once. Requests that run fail, and those that wait for the connection. */
  destroy(): void {
    this.#error ??= new Error("nodeFetch was closed");
    this.#session.destroy();
  }

  get #most(): number {
    return this.#session.remoteSettings?.maxConcurrentStreams ??
      DEFAULT_STREAMS;
  }

  #rest(): void {
    if (this.#state === "retired") {
      this.#session.close();
      return;
    }
    this.#session.unref();
    this.#idle = setTimeout(() => this.retire(), this.#idleTimeoutMs);
    this.#idle.unref?.();
  }
}
