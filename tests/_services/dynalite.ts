/**
 * Starts dynalite, an emulator of DynamoDB, in the test process.
 *
 * @module
 */
import dynalite from "dynalite";
import { listen } from "./node_server.ts";
import type { Service } from "./service.ts";

/** Options of {@linkcode startDynalite}. */
export interface DynaliteOptions {
  /**
   * How long a table stays `CREATING`, in milliseconds.
   * @default {0}
   */
  createTableMs?: number;
}

/** Starts dynalite with an empty store on a free loopback port. */
export function startDynalite(options: DynaliteOptions = {}): Promise<Service> {
  const { createTableMs = 0 } = options;
  return listen(dynalite({ createTableMs, deleteTableMs: 0 }));
}
