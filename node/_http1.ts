/**
 * Requests over HTTP/1.1, with connections that are used again.
 *
 * @module
 */
import http from "node:http";
import https from "node:https";
import { onAbort } from "../_core/on_abort.ts";
import { Answer } from "./_answer.ts";
import { failure, type NodeRequest } from "./_request.ts";

/** Options of {@linkcode Http1}. */
export interface Http1Options {
  /** Most connections to one host. */
  readonly maxConnections: number;
  /** An unused connection is closed after so many milliseconds. */
  readonly idleTimeoutMs: number;
  /** Certificates of authorities that are trusted, in PEM. `undefined`: those of Node.js. */
  readonly ca: string | string[] | undefined;
  /** Opens the connections in place of the agents of this class. */
  readonly agent: object | undefined;
}

/** Sends requests over HTTP/1.1. */
export class Http1 {
  readonly #agents: Readonly<Record<string, http.Agent>>;
  /** Requests without an answer, also those that wait for a connection. */
  readonly #waiting = new Set<http.ClientRequest>();

  /** Opens no connection yet. */
  constructor({ maxConnections, idleTimeoutMs, ca, agent }: Http1Options) {
    const settings = {
      keepAlive: true,
      maxSockets: maxConnections,
      // Sockets of running requests are not closed by it.
      timeout: idleTimeoutMs,
    };
    const given = agent as http.Agent | undefined;
    this.#agents = given ? { "http:": given, "https:": given } : {
      "http:": new http.Agent(settings),
      "https:": new https.Agent({ ...settings, ca }),
    };
  }

  /** The open connections. */
  get connections(): number {
    return new Set(
      Object.values(this.#agents).flatMap(({ sockets, freeSockets }) =>
        // Agents of packages may have no such lists.
        [sockets ?? {}, freeSockets ?? {}].flatMap((lists) =>
          Object.values(lists).flatMap((list) => list ?? [])
        )
      ),
    ).size;
  }

  /** Sends a request. Resolves when the headers of the answer have arrived. */
  send(request: NodeRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { url, method, body, signal } = request;
      const sender = url.protocol === "https:" ? https : http;
      const sent = sender.request({
        // Without the brackets of an IPv6 address.
        host: url.hostname.replace(/^\[|\]$/g, ""),
        port: url.port || undefined,
        path: url.pathname + url.search,
        method,
        agent: this.#agents[url.protocol],
        headers: rawHeaders(request) as unknown as http.OutgoingHttpHeaders,
      });
      this.#waiting.add(sent);
      const stopListening = onAbort(signal, () => {
        reject(signal!.reason);
        sent.destroy();
      });
      sent.on("error", (error) => {
        stopListening();
        reject(failure(error));
      });
      sent.on("close", () => this.#waiting.delete(sent));
      // A status 101, which no request has asked for.
      sent.on("upgrade", (_message, socket) => {
        stopListening();
        socket.destroy();
        reject(failure(new Error("the server has changed the protocol")));
      });
      sent.on("response", (message) => {
        stopListening();
        this.#waiting.delete(sent);
        const answer = new Answer({
          url: url.href,
          status: message.statusCode!,
          statusText: message.statusMessage ?? "",
          headers: headersOf(message.rawHeaders),
          source: message,
          isComplete: () => message.complete,
          signal,
          bodiless: method === "HEAD",
          hasSent: () => sent.writableFinished,
        });
        if (answer.hasBody) resolve(answer);
        // Only now is the connection free for the next request.
        else message.once("close", () => resolve(answer));
      });
      sent.end(body);
    });
  }

  /** Closes all connections. Running requests fail, and those that wait for a connection. */
  close(): void {
    for (const sent of this.#waiting) {
      sent.destroy(new Error("nodeFetch was closed"));
    }
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }
}

/**
 * Names and values in turn, which Node.js sends as they are. An object of headers takes several
 * times as long.
 */
function rawHeaders({ url, method, headers, body }: NodeRequest): string[] {
  const raw = ["host", url.host];
  for (const [name, value] of headers) {
    if (name !== "host" && name !== "content-length") raw.push(name, value);
  }
  if (body !== undefined || method === "POST" || method === "PUT") {
    raw.push("content-length", String(body?.byteLength ?? 0));
  }
  return raw;
}

function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i < raw.length; i += 2) headers.append(raw[i]!, raw[i + 1]!);
  return headers;
}
