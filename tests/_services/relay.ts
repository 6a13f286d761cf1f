/**
 * A TCP relay in front of a server, which can lose requests and answers.
 *
 * @module
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A running relay. */
export interface Relay extends AsyncDisposable {
  /** The loopback port of the relay. */
  readonly port: number;
  /**
   * Loses the next data in this direction, and then resets the connection of that data. Resolves
   * when that has happened.
   */
  lose(what: "request" | "answer"): Promise<void>;
  /** Closes the port, so new connections are refused. */
  refuse(): void;
  /** Opens the port again. */
  admit(): Promise<void>;
  /** Closes the port and all connections. */
  close(): Promise<void>;
}

/** Starts a relay to a loopback port. */
export async function startRelay(target: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let losing: { what: "request" | "answer"; done: () => void } | undefined;

  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    const pass =
      (what: "request" | "answer", to: Socket) => (data: Uint8Array) => {
        if (losing?.what !== what) return void to.write(data);
        losing.done();
        losing = undefined;
        end();
      };
    client.on("data", pass("request", upstream));
    upstream.on("data", pass("answer", client));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", end);
      socket.on("close", () => {
        sockets.delete(socket);
        end();
      });
    }
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve();
      });
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;

  let closed = Promise.resolve<unknown>(undefined);
  const refuse = () => {
    if (!server.listening) return;
    closed = new Promise((resolve) => server.close(resolve));
  };
  const close = async () => {
    refuse();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    port,
    lose: (what) => new Promise<void>((done) => losing = { what, done }),
    refuse,
    admit: () => listen(port),
    close,
    [Symbol.asyncDispose]: close,
  };
}
