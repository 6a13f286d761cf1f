/**
 * What a producer asks the service about its stream.
 *
 * @module
 */
import { ShardMap } from "./shard_map.ts";
import type { Shard, StreamDescriptionSummary } from "../client/mod.ts";
import { ServiceError } from "../errors.ts";
import type { ResolvedProducerOptions } from "./options.ts";

/** The part of the options that does not depend on the type of the values. */
export type ListingOptions = Pick<
  ResolvedProducerOptions<never>,
  "client" | "target" | "stream" | "createStream"
>;

const MISSING = "ResourceNotFoundException";
const BUSY = "ResourceInUseException";
/** Not allowed to list, or a server that cannot. */
const DENIED = new Set([
  "AccessDeniedException",
  "AccessDenied",
  "UnknownOperationException",
  "UnknownOperation",
  "InvalidAction",
]);

/** Asks about a stream, each time once. */
export class ShardListing {
  readonly #options: ListingOptions;
  readonly #signal: AbortSignal;

  /** Asks nothing yet; `signal` ends all requests. */
  constructor(options: ListingOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /**
   * Lists the open shards; `all`: closed ones too, which explain answers that were late. `undefined` where that is not allowed:
   * writing needs no right to list.
   */
  async list(all = false): Promise<ShardMap | undefined> {
    const { client, target } = this.#options;
    const shards: Shard[] = [];
    try {
      const pages = client.listAllShards(
        all ? target : { ...target, ShardFilter: { Type: "AT_LATEST" } },
        { signal: this.#signal, maxAttempts: 1 },
      );
      for await (const shard of pages) shards.push(shard);
    } catch (error) {
      if (error instanceof ServiceError && DENIED.has(error.code)) return;
      throw error;
    }
    return new ShardMap(shards);
  }

  /** Whether the service says that it distributes records by itself; `false` where it does not tell. */
  async isAuto(): Promise<boolean> {
    const { client, target } = this.#options;
    const call = { signal: this.#signal, maxAttempts: 1 };
    try {
      const answer = await client.describeStreamSummary(target, call);
      return distributes(answer.StreamDescriptionSummary);
    } catch {
      return false;
    }
  }

  /** Makes the stream if it is missing, and waits until it is active. Resolves with whether it distributes records by itself. */
  async createIfMissing(
    how: { shardCount: number } | { onDemand: true },
  ): Promise<boolean> {
    const { client, target, stream } = this.#options;
    const call = { signal: this.#signal };
    const summary = await this.#summary();
    const status = summary && (summary.StreamStatus ?? "ACTIVE");
    if (status === "ACTIVE" || status === "UPDATING") {
      return distributes(summary!);
    }
    if (status === "DELETING") await client.waitUntilDeleted(target, call);
    if (status !== "CREATING") {
      await client.createStream({
        StreamName: stream,
        ...("onDemand" in how
          ? { StreamModeDetails: { StreamMode: "ON_DEMAND" } }
          : { ShardCount: how.shardCount }),
      }, call).catch((error) => {
        // Another producer was faster.
        if (error?.code !== BUSY) throw error;
      });
    }
    return distributes(await client.waitUntilActive(target, call));
  }

  /** What the service says of the stream; `undefined` if it does not exist and can be made. */
  async #summary(): Promise<StreamDescriptionSummary | undefined> {
    const { client, target } = this.#options;
    try {
      const answer = await client.describeStreamSummary(target, {
        signal: this.#signal,
      });
      return answer.StreamDescriptionSummary;
    } catch (error) {
      const missing = error instanceof ServiceError && error.code === MISSING;
      if (!missing || !("StreamName" in target)) throw error;
      return undefined;
    }
  }
}

function distributes(summary: StreamDescriptionSummary): boolean {
  return summary.RecordDistributionStrategy === "AUTO";
}
