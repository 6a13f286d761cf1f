/**
 * What every command works with.
 *
 * @module
 */
import type { KinesisClient } from "../client/mod.ts";
import type { ConnectionOptions } from "./_connection.ts";
import type { Terminal } from "./_terminal.ts";

/** What every command works with. */
export interface Context {
  /** The client. The options of the program are known when a command runs. */
  readonly client: () => KinesisClient;
  /** The options of the program that name the service and the credentials. */
  readonly connection: () => ConnectionOptions;
  readonly terminal: Terminal;
  /** Whether results are written as JSON. */
  readonly isJson: () => boolean;
  /** Whether the client uses another endpoint than that of its region: an emulator or a proxy. */
  readonly hasEndpoint: () => boolean;
}
