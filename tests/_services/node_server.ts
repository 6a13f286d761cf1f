/**
 * Runs a `node:http` server of an emulator so that no client can crash it.
 *
 * @module
 */
import { type IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Service, service } from "./service.ts";

/** Listens on a free loopback port. Resolves when the server accepts connections. */
export async function listen(server: Server): Promise<Service> {
  server.on("request", survive);
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return service({ endpoint: `http://127.0.0.1:${port}` }, () => stop(server));
}

/**
 * Ignores the errors of a request. kinesalite rethrows each of them, so a client that disconnects
 * in the middle of a body would end the test process. When it answers, it removes all listeners, so
 * a later error would be unhandled and end the process too.
 */
function survive(request: IncomingMessage): void {
  const ignore = () => {};
  const removeAll = request.removeAllListeners.bind(request);
  request.removeAllListeners = (event?: string | symbol) => {
    removeAll(event);
    request.on("error", ignore);
    return request;
  };
  request.removeAllListeners("error");
}

/**
 * Closes the sockets and the port, but not the in-memory store. Closing the store during a request
 * throws in a callback of the emulator.
 */
function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    Server.prototype.close.call(server, () => resolve());
    server.closeAllConnections();
  });
}
