/**
 * `fetch` over `node:http`, `node:https` and `node:http2`.
 *
 * @module
 */
import { type Fetch, hasSentBody } from "../_core/fetch.ts";
import { LONGEST_TIMER_MS } from "../_core/clock.ts";
import { raceAbort } from "../_core/race_abort.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { Answer } from "./_answer.ts";
import { Http1 } from "./_http1.ts";
import { Http2 } from "./_http2.ts";
import { type NodeRequest, readRequest } from "./_request.ts";

/** Options of {@linkcode nodeFetch}. */
export interface NodeFetchOptions {
  /**
   * What HTTP/2 is used for, on `https:` URLs. `"subscriptions"`: the action SubscribeToShard of
   * enhanced fan-out, which Kinesis offers over HTTP/2 only. `"always"`: every request. `"never"`:
   * none. HTTP/1.1 takes less CPU time for all other requests.
   *
   * @default {"subscriptions"}
   */
  http2?: "subscriptions" | "always" | "never";
  /**
   * Most connections to one host over HTTP/1.1, an integer. Further requests wait for one, and
   * their waiting counts towards their time limit. Without a limit there are at most as many
   * connections as requests at one time.
   *
   * @default {Infinity}
   */
  maxConnections?: number;
  /**
   * An unused connection is closed after so many milliseconds, an integer. A longer time saves
   * handshakes after pauses; a server may close the connection first, just when a request is sent.
   *
   * @default {15_000}
   */
  idleTimeoutMs?: number;
  /**
   * Certificates of authorities in PEM that are trusted in place of those of Node.js, for a server
   * in a test or a company.
   */
  ca?: string | string[];
  /**
   * Opens the connections over HTTP/1.1, for example through a proxy. `maxConnections`,
   * `idleTimeoutMs` and `ca` do not apply to it.
   */
  agent?: HttpAgent;
}

/** An `Agent` of `node:http` or `node:https`, or of a package such as `https-proxy-agent`. */
export interface HttpAgent {
  /** Closes its connections. */
  destroy(): void;
}

const NAMES: readonly (keyof NodeFetchOptions)[] = [
  "http2",
  "maxConnections",
  "idleTimeoutMs",
  "ca",
  "agent",
];

function checkCa(
  check: OptionCheck,
  ca: NodeFetchOptions["ca"],
): NodeFetchOptions["ca"] {
  const texts: unknown[] = ca === undefined ? [PEM] : [ca].flat();
  const isPem = (text: unknown) =>
    typeof text === "string" && text.includes(PEM);
  if (texts.length > 0 && texts.every(isPem)) return ca;
  throw new TypeError(
    check.refusal(`'ca' must be a certificate in PEM ("${PEM} …") or a list`),
  );
}

const PEM = "-----BEGIN CERTIFICATE-----";

/** What {@linkcode NodeFetch.stats} counts. */
export interface NodeFetchStats {
  /** The connections that are open now. */
  readonly connections: number;
  /** The requests since the start. */
  readonly requests: number;
}

/** A `fetch` with connections of its own. */
export interface NodeFetch extends Fetch {
  /** Counts connections and requests. */
  stats(): NodeFetchStats;
  /**
   * Closes all connections at once. Requests that run fail, and those that wait for a connection.
   * Unused connections do not keep the process from ending, so programs that end need not call this.
   */
  close(): void;
}

/**
 * Makes a `fetch` for Node.js, for the option `fetch` of a client. It takes a half to a quarter of
 * the CPU time of the built-in `fetch`, and offers HTTP/2, which enhanced fan-out needs. See
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html
 *
 * Differences to `fetch`: redirects are not followed, whatever `redirect` says; the answer of the
 * redirect is the result. There are no cookies and no cache. Bodies of requests are read as a whole
 * before they are sent. Connections of the variables `HTTP_PROXY` are left to `agent`. An answer is
 * no instance of `Response`. Its body must be read or cancelled, or its connection stays open.
 *
 * @throws {TypeError} if an option is unknown or of the wrong type
 * @throws {RangeError} if a number is not allowed
 */
export function nodeFetch(options: NodeFetchOptions = {}): NodeFetch {
  const check = new OptionCheck("Cannot create nodeFetch");
  check.object("options", options, NAMES);
  const use = check.choice(
    "http2",
    options.http2,
    ["subscriptions", "always", "never"],
    "subscriptions",
  );
  const idleTimeoutMs = check.number("idleTimeoutMs", options.idleTimeoutMs, {
    default: 15_000,
    least: 1,
    most: LONGEST_TIMER_MS,
    integer: true,
  });
  const maxConnections = check.number(
    "maxConnections",
    options.maxConnections,
    { default: Infinity, least: 1, integer: true },
  );
  const agent = check.methods("agent", options.agent, "destroy");
  const ca = checkCa(check, options.ca);
  const http1 = new Http1({ maxConnections, idleTimeoutMs, ca, agent });
  const http2 = new Http2({ idleTimeoutMs, ca });
  let requests = 0;

  function usesHttp2({ url, headers }: NodeRequest): boolean {
    return url.protocol === "https:" && use !== "never" &&
      (use === "always" ||
        headers.get("x-amz-target")?.endsWith(".SubscribeToShard") === true);
  }

  async function send(
    input: string | URL,
    init: RequestInit = {},
  ): Promise<Answer> {
    init.signal?.throwIfAborted();
    const request = await raceAbort(
      readRequest(input, init),
      init.signal ?? undefined,
    );
    requests++;
    return await (usesHttp2(request) ? http2 : http1).send(request);
  }

  return Object.assign(send, {
    [hasSentBody]: (response: Response) =>
      response instanceof Answer && response.hasSentBody,
    stats: () => ({
      connections: http1.connections + http2.connections,
      requests,
    }),
    close() {
      http1.close();
      http2.close();
    },
  });
}
