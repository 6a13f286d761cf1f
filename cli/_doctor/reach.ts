/**
 * Finds out at which step a connection fails: the name, the port, or the encryption.
 *
 * @module
 */
import { raceAbort } from "../../_core/race_abort.ts";

/** Why an endpoint cannot be reached. */
export interface Obstacle {
  readonly step: "dns" | "connect" | "tls" | "proxy" | "http";
  readonly message: string;
  readonly remedy: string;
}

/** The steps of a connection. Each rejects if it fails. */
export interface Network {
  resolve(host: string): Promise<string>;
  connect(host: string, port: number, signal: AbortSignal): Promise<void>;
  handshake(host: string, port: number, signal: AbortSignal): Promise<void>;
}

/** Tries the steps to an endpoint that `fetch` could not reach. */
export async function diagnose(
  url: URL,
  proxy: string | undefined,
  signal: AbortSignal,
  network: Network = nodeNetwork,
): Promise<Obstacle> {
  if (proxy !== undefined) {
    return {
      step: "proxy",
      message: "the request through the proxy failed",
      remedy:
        "Check the proxy of HTTP_PROXY and HTTPS_PROXY, or name this host in NO_PROXY",
    };
  }
  const isEncrypted = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || (isEncrypted ? 443 : 80));
  const failureOf = async (step: Promise<unknown>) => {
    try {
      await raceAbort(step, signal);
      return undefined;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return error instanceof Error ? error.message : `${error}`;
    }
  };
  const noName = await failureOf(network.resolve(host));
  if (noName !== undefined) {
    return {
      step: "dns",
      message: `the name ${host} is not found (${noName})`,
      remedy: "Check the region and the endpoint, and the DNS of this machine",
    };
  }
  const noConnection = await failureOf(network.connect(host, port, signal));
  if (noConnection !== undefined) {
    return {
      step: "connect",
      message: `no connection to port ${port} (${noConnection})`,
      remedy:
        "Check that the endpoint is running, and that firewalls, security groups and routes let this machine through",
    };
  }
  const noTls = isEncrypted
    ? await failureOf(network.handshake(host, port, signal))
    : undefined;
  if (noTls !== undefined) {
    return {
      step: "tls",
      message: `no TLS connection (${noTls})`,
      remedy:
        "Check that the port speaks TLS, and trust the certificate of its authority (DENO_CERT, NODE_EXTRA_CA_CERTS)",
    };
  }
  return {
    step: "http",
    message: "a connection is possible, and there is no HTTP answer",
    remedy: "Check that the endpoint speaks HTTP, and https if its URL says so",
  };
}

/** The network of this machine, on Deno and Node.js. */
const nodeNetwork: Network = {
  async resolve(host) {
    const { lookup } = await import("node:dns/promises");
    return (await lookup(host)).address;
  },
  async connect(host, port, signal) {
    const { connect } = await import("node:net");
    const socket = connect({ host, port });
    await opened(socket, "connect", signal);
  },
  async handshake(host, port, signal) {
    const { connect } = await import("node:tls");
    // Addresses have no names that a certificate could be chosen by.
    const servername = /^[\d.]+$|:/.test(host) ? undefined : host;
    const socket = connect({ host, port, servername });
    await opened(socket, "secureConnect", signal);
  },
};

/** The part of a socket that is used. */
interface SocketLike {
  once(event: string, listener: (error: Error) => void): unknown;
  on(event: string, listener: () => void): unknown;
  destroy(): unknown;
}

/** Waits for a connection and ends it. */
async function opened(
  socket: SocketLike,
  event: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await raceAbort(
      new Promise<void>((resolve, reject) => {
        socket.once(event, () => resolve());
        socket.once("error", reject);
      }),
      signal,
    );
  } finally {
    // An error after the result has no reader.
    socket.on("error", () => {});
    socket.destroy();
  }
}
