/**
 * Starts the in-memory Kinesis on a loopback port, so that the test suites of emulators can use it.
 *
 * @module
 */
import { KinesisServer, type KinesisServerOptions } from "../../testing/mod.ts";
import { type Service, service } from "./service.ts";

/** Starts an in-memory Kinesis on a free loopback port. */
export function startInMemory(
  options: KinesisServerOptions = {},
): Promise<Service> {
  const kinesis = new KinesisServer(options);
  const listener = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, kinesis.fetch);
  const endpoint = `http://127.0.0.1:${listener.addr.port}`;
  return Promise.resolve(service({ endpoint }, async () => {
    await listener.shutdown();
    kinesis.close();
  }));
}
