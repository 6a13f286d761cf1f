/**
 * The emulator kinesalite, in this process.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A running emulator. */
export interface Emulator {
  /** Its base URL. */
  readonly endpoint: string;
  /** Closes its port and its connections. */
  close(): Promise<void>;
}

/**
 * Starts an emulator without streams on a free loopback port. A stream or a reshard takes 200 ms,
 * so that both are seen in progress, as on AWS.
 */
export async function startEmulator(): Promise<Emulator> {
  // Loaded only here: a run on AWS needs no emulator.
  const { default: kinesalite } = await import("kinesalite");
  const server: Server = kinesalite({
    createStreamMs: 200,
    updateStreamMs: 200,
    deleteStreamMs: 0,
    shardLimit: 2000,
  });
  server.on("request", survive);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        // The close() of kinesalite also closes its store, which fails while a request is in
        // progress.
        Server.prototype.close.call(server, () => resolve());
        server.closeAllConnections();
      }),
  };
}

/** kinesalite throws if a client disconnects during a request, as a killed consumer does. */
function survive(request: IncomingMessage): void {
  const removeAll = request.removeAllListeners.bind(request);
  request.removeAllListeners = (event?: string | symbol) => {
    removeAll(event);
    return request.on("error", () => {});
  };
  request.removeAllListeners("error");
}
