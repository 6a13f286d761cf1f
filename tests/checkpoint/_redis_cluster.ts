/**
 * Starts a Redis cluster of three masters, without replicas, for tests.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { type RedisServer, startRedis } from "../_services/redis.ts";
import { freePort } from "../_services/service.ts";
import { ask } from "./_redis_fixtures.ts";

/** A node of a cluster. */
export interface RedisNode extends RedisServer {
  /** The port over which the nodes talk to one another. */
  readonly bus: number;
}

/** A running cluster. */
export interface RedisCluster {
  /** The nodes. Each has a third of the 16384 slots. */
  readonly nodes: readonly RedisNode[];
  /** Stops all nodes. */
  close(): Promise<void>;
}

const SLOTS = 16_384;
const NODES = 3;

/** Starts a cluster. Resolves when all nodes say that it is complete, after about 2 seconds. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: NODES }, startNode));
  const close = async () => {
    await Promise.all(nodes.map((node) => node.close()));
  };
  try {
    const first = nodes[0]!;
    for (const [index, { port }] of nodes.entries()) {
      const from = Math.ceil(SLOTS * index / NODES);
      const to = Math.ceil(SLOTS * (index + 1) / NODES) - 1;
      await ask(port, "CLUSTER", "ADDSLOTSRANGE", `${from}`, `${to}`);
      await ask(port, "CLUSTER", "SET-CONFIG-EPOCH", `${index + 1}`);
      if (index === 0) continue;
      const place = ["127.0.0.1", `${first.port}`, `${first.bus}`];
      await ask(port, "CLUSTER", "MEET", ...place);
    }
    await complete(nodes);
    return { nodes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startNode(): Promise<RedisNode> {
  const bus = freePort();
  const settings = ["--cluster-enabled", "yes", "--cluster-port", `${bus}`];
  return { ...await startRedis({ settings }), bus };
}

async function complete(nodes: readonly RedisServer[]): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (const { port } of nodes) {
    while (!/cluster_state:ok/.test(`${await ask(port, "CLUSTER", "INFO")}`)) {
      if (Date.now() > deadline) throw new Error("The cluster is incomplete");
      await delay(50);
    }
  }
}
