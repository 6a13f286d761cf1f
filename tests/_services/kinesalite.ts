/**
 * Starts kinesalite in the test process. It is fast, and has plain HTTP/1.1 and the API of about
 * 2018.
 *
 * @module
 */
import kinesalite from "kinesalite";
import { listen } from "./node_server.ts";
import type { Service } from "./service.ts";

/** Options of {@linkcode startKinesalite}. */
export interface KinesaliteOptions {
  /**
   * How long a stream stays `CREATING`, in milliseconds.
   * @default {0}
   */
  createStreamMs?: number;
  /**
   * How long a stream stays `DELETING`, in milliseconds.
   * @default {0}
   */
  deleteStreamMs?: number;
  /**
   * How long a stream stays `UPDATING` after a split or a merge, in milliseconds.
   * @default {0}
   */
  updateStreamMs?: number;
  /**
   * Most shards of all streams together.
   * @default {1000}
   */
  shardLimit?: number;
}

/** Starts kinesalite with an empty store on a free loopback port. */
export function startKinesalite(
  options: KinesaliteOptions = {},
): Promise<Service> {
  const {
    createStreamMs = 0,
    deleteStreamMs = 0,
    updateStreamMs = 0,
    shardLimit = 1000,
  } = options;
  return listen(
    kinesalite({ createStreamMs, deleteStreamMs, updateStreamMs, shardLimit }),
  );
}
