/**
 * The names of workers, and what their leases say.
 *
 * @module
 */
import type { WorkerView } from "./snapshot.ts";
import type { Source } from "./source.ts";

/** The workers that hold leases. */
export function holdersOf(
  leases: ReadonlyMap<string, string>,
  { state, at }: Source,
): WorkerView[] {
  const shards = new Map<string, string[]>();
  for (const [shardId, owner] of leases) {
    shards.set(owner, [...shards.get(owner) ?? [], shardId]);
  }
  return [...shards].map(([name, held]) => ({
    ...{ name, shards: held, heldShards: held.length, errors: 0 },
    ...{ state, at },
  }));
}

/** The hosts of the endpoints, or the whole URLs where a host has several endpoints. */
export function workerNames(urls: readonly URL[]): string[] {
  const hosts = urls.map(({ host }) => host);
  return urls.map(({ href, host }) =>
    hosts.filter((it) => it === host).length > 1 ? href : host
  );
}
