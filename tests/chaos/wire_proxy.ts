/**
 * A proxy that causes faults of connections: resets, truncated answers, stalls and outages.
 *
 * @module
 */
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { delay } from "@std/async/delay";
import {
  type Clock,
  delay as delayBy,
  systemClock,
} from "../../_core/clock.ts";
import type { Fetch } from "../../testing/mod.ts";
import {
  answerHead,
  HOP_BY_HOP,
  RequestReader,
  type WireRequest,
} from "./http_wire.ts";

/** A fault of the wire. */
export type WireFault =
  /**
   * The connection is reset (RST), before the server has seen the request or after it has answered.
   */
  | { readonly type: "reset"; readonly when: "before" | "after" }
  /** The answer breaks off: this fraction of its body arrives, then the connection is reset. */
  | { readonly type: "cut"; readonly share: number }
  /**
   * The answer is shortened, with a matching content-length. Answers with an error status are not
   * shortened: the client could not tell final errors from others.
   */
  | { readonly type: "shorten"; readonly share: number }
  /**
   * A pause of `ms` milliseconds. `before` delays the request, which reaches the server even if the
   * client has given up.
   */
  | {
    readonly type: "stall";
    readonly when: "before" | "after";
    readonly ms: number;
  };

/** Options of {@linkcode startWireProxy}. */
export interface WireProxyOptions {
  /** The base URL of the Kinesis behind the proxy. */
  readonly target: string;
  /** Sends a request to the target. Faults of the service are injected here. */
  readonly forward: Fetch;
  /** Chooses the fault of a request. Called once for each request. */
  readonly faultOf: (action: string) => WireFault | undefined;
  /**
   * The clock of the stalls.
   * @default {systemClock}
   */
  readonly clock?: Clock;
}

/** Starts a proxy on a free loopback port. */
export async function startWireProxy(
  options: WireProxyOptions,
): Promise<WireProxy> {
  const proxy = new WireProxy(options);
  await proxy.appear();
  return proxy;
}

/** A running proxy. */
export class WireProxy implements AsyncDisposable {
  readonly #options: WireProxyOptions;
  readonly #clock: Clock;
  readonly #sockets = new Set<Socket>();
  readonly #busy = new Set<Promise<void>>();
  readonly #counts = new Map<string, number>();
  #server: Server | undefined;
  #port = 0;

  constructor(options: WireProxyOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** The base URL of the proxy. It stays the same after an outage. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The number of faults, by name. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** Starts to listen, after an outage on the same port. */
  async appear(): Promise<void> {
    for (let attempt = 1;; attempt++) {
      const server = createServer((socket) => this.#accept(socket));
      try {
        await new Promise<void>((resolve, reject) => {
          server.once("error", reject);
          server.listen(this.#port, "127.0.0.1", resolve);
        });
        this.#port = (server.address() as AddressInfo).port;
        this.#server = server;
        return;
      } catch (error) {
        // The operating system may need some time to release the port.
        if (attempt === 100) throw error;
        await delay(20);
      }
    }
  }

  /** Starts an outage: resets all connections and refuses new ones. */
  async vanish(): Promise<void> {
    this.#count("gone");
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => {
      if (server) server.close(() => resolve());
      else resolve();
    });
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /**
   * Resolves when no request is under way to the server, including requests that the client gave
   * up.
   */
  async drained(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vanish();
    await this.drained();
  }

  #accept(socket: Socket): void {
    const reader = new RequestReader();
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    // A reset by the client is expected.
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("data", (chunk: Uint8Array) => {
      reader.push(chunk);
      // One request at a time: a client waits for the answer before the next request.
      const request = reader.shift();
      if (!request) return;
      const done = this.#serve(socket, request)
        .catch(() => void socket.resetAndDestroy())
        .finally(() => this.#busy.delete(done));
      this.#busy.add(done);
    });
  }

  async #serve(socket: Socket, request: WireRequest): Promise<void> {
    const action = request.headers.get("x-amz-target")?.split(".")[1] ?? "";
    const fault = this.#options.faultOf(action);
    const when = fault && "when" in fault ? ` ${fault.when}` : "";
    if (fault) this.#count(fault.type + when);
    if (when === " before") {
      if (fault?.type === "reset") return void socket.resetAndDestroy();
      if (fault?.type === "stall") await this.#wait(fault.ms);
    }
    const response = await this.#forward(request);
    const body = new Uint8Array(await response.arrayBuffer());
    if (when === " after") {
      if (fault?.type === "reset") return void socket.resetAndDestroy();
      if (fault?.type === "stall") await this.#wait(fault.ms);
    }
    if (fault?.type === "cut") {
      await write(socket, answerHead(response, body.length));
      await write(socket, body.subarray(0, partOf(body, fault.share)));
      // A reset discards bytes that the client has not read yet.
      await delay(5);
      return void socket.resetAndDestroy();
    }
    const sent = fault?.type === "shorten" && response.ok
      ? body.subarray(0, partOf(body, fault.share))
      : body;
    await write(socket, answerHead(response, sent.length));
    await write(socket, sent);
  }

  #forward({ method, path, headers, body }: WireRequest): Promise<Response> {
    const onward = new Headers(headers);
    for (const name of HOP_BY_HOP) onward.delete(name);
    return this.#options.forward(new URL(path, this.#options.target), {
      method,
      headers: onward,
      body,
    });
  }

  #wait(ms: number): Promise<void> {
    return delayBy(ms, { clock: this.#clock });
  }

  #count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
}

/** The number of bytes in this fraction of the body, at least one less than all. */
function partOf(body: Uint8Array, share: number): number {
  return Math.min(Math.floor(body.length * share), body.length - 1);
}

/** Resolves when the bytes are written, or the connection is closed. */
function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  if (socket.destroyed || bytes.length === 0) return Promise.resolve();
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}
