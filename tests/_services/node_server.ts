/**
 * Runs the `node:http` servers that kinesalite and dynalite are, so that no client can bring them down.
 *
 * @module
 */
import { type IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Service, service } from "./service.ts";

/** Listens on a free loopback port and resolves once it accepts connections. */
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
 * The emulators rethrow every error of a request, so a client that disconnects in the middle of a body would end the
 * test process; and when they answer they drop all listeners, so a later error would be unhandled and do the same.
 */
function survive(request: IncomingMessage): void {
  const ignore = () => {};
  const removeAll = request.removeAllListeners.bind(request);
  request.removeAllListeners = (event) => {
    removeAll(event);
    request.on("error", ignore);
    return request;
  };
  request.removeAllListeners("error");
}

/**
 * Closes the sockets and the port and leaves the in-memory store open: closing the store under a request that is being
 * handled throws out of the emulator's callbacks.
 */
function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    Server.prototype.close.call(server, () => resolve());
    server.closeAllConnections();
  });
}
