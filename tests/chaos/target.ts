/**
 * The Kinesis behind the proxy: kinesalite, or the in-memory server with its limits.
 *
 * @module
 */
import type { Clock } from "../../_core/clock.ts";
import { KinesisClient } from "../../client/mod.ts";
import { KinesisServer } from "../../testing/mod.ts";
import { startKinesalite } from "../_services/kinesalite.ts";
import { type Service, service } from "../_services/service.ts";

/** The name of a Kinesis server. */
export type Emulator = "kinesalite" | "in-memory";

/** Starts the server. */
export function startTarget(
  emulator: Emulator,
  clock: Clock,
): Promise<Service> {
  if (emulator === "kinesalite") return startKinesalite();
  const server = new KinesisServer({ clock });
  const listener = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    server.fetch,
  );
  const endpoint = `http://127.0.0.1:${listener.addr.port}`;
  return Promise.resolve(service({ endpoint }, () => listener.shutdown()));
}

/** A client without faults, for setting up, resharding and reading back. */
export function directClient(endpoint: string, clock: Clock): KinesisClient {
  return new KinesisClient({
    endpoint,
    clock,
    region: "us-east-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    retry: { maxAttempts: 20, maxDelayMs: 1000 },
  });
}
