/**
 * The requests of a producer about its stream.
 *
 * @module
 */
import { createIfMissing, type NewStream } from "../_shards/create_stream.ts";
import type {
  RecordDistributionStrategy,
  Shard,
  StreamDescriptionSummary,
} from "../client/mod.ts";
import { ServiceError } from "../errors.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { ShardMap } from "./shard_map.ts";

/** The part of the options that does not depend on the type of the values. */
export type ListingOptions = Pick<
  ResolvedProducerOptions<never>,
  "client" | "target" | "stream"
>;

/** What the service says of how a stream distributes records. */
export interface DistributionFacts {
  /** What chooses the shard of a record. */
  readonly strategy: RecordDistributionStrategy;
  /** The number of open shards; 0 if the answer has none. */
  readonly openShards: number;
}

/** Codes of a service that does not allow or does not know the action. */
const DENIED = new Set([
  "AccessDeniedException",
  "AccessDenied",
  "UnknownOperationException",
  "UnknownOperation",
  "InvalidAction",
]);

/** Sends each request once, without retries. */
export class ShardListing {
  readonly #options: ListingOptions;
  readonly #signal: AbortSignal;

  /** Sends nothing yet. `signal` ends all requests. */
  constructor(options: ListingOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /**
   * Lists the open shards, and the closed ones if asked to. `undefined` if the credentials do not
   * allow that: writing does not need the permission to list.
   */
  async list(withClosed = false): Promise<ShardMap | undefined> {
    const { client, target } = this.#options;
    const shards: Shard[] = [];
    try {
      const pages = client.listAllShards(
        withClosed ? target : { ...target, ShardFilter: { Type: "AT_LATEST" } },
        { signal: this.#signal, maxAttempts: 1 },
      );
      for await (const shard of pages) shards.push(shard);
    } catch (error) {
      if (error instanceof ServiceError && DENIED.has(error.code)) return;
      throw error;
    }
    return new ShardMap(shards);
  }

  /**
   * Asks how the stream distributes records to shards. `undefined` if the service does not allow
   * the question or does not answer it.
   */
  async describe(): Promise<DistributionFacts | undefined> {
    const { client, target } = this.#options;
    const call = { signal: this.#signal, maxAttempts: 1 };
    try {
      const answer = await client.describeStreamSummary(target, call);
      return factsOf(answer.StreamDescriptionSummary);
    } catch {
      return undefined;
    }
  }

  /**
   * Creates the stream if it is missing, and waits until it is active. Resolves with how the stream
   * distributes records.
   */
  async createIfMissing(how: NewStream): Promise<DistributionFacts> {
    return factsOf(await createIfMissing(this.#options, how, this.#signal));
  }
}

function factsOf(summary: StreamDescriptionSummary): DistributionFacts {
  return {
    // Provisioned streams, and servers that do not know the strategy, name none.
    strategy: summary.RecordDistributionStrategy ?? "USER_PARTITION_KEY",
    openShards: summary.OpenShardCount ?? 0,
  };
}
