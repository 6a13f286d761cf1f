/**
 * A `fetch` for Node.js that takes less CPU time than the built-in one, and offers HTTP/2.
 *
 * @example
 * ```ts
 * import { KinesisClient } from "@webstreams/kinesis";
 * import { nodeFetch } from "@webstreams/kinesis/node";
 * import { assertEquals } from "@std/assert";
 *
 * const fetch = nodeFetch();
 * const client = new KinesisClient({ region: "eu-central-1", fetch });
 * assertEquals(fetch.stats(), { connections: 0, requests: 0 });
 * fetch.close();
 * ```
 *
 * @module
 */
export {
  type HttpAgent,
  type NodeFetch,
  nodeFetch,
  type NodeFetchOptions,
  type NodeFetchStats,
} from "./node_fetch.ts";
