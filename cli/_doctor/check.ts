/**
 * What a check of the doctor is, and what it may know.
 *
 * @module
 */
import type { KinesisClient, PreflightReport } from "../../client/mod.ts";
import type {
  DescribeLimitsResponse,
  StreamDescriptionSummary,
} from "../../client/mod.ts";
import type { Credentials, Environment } from "../../credentials/mod.ts";
import type { MetricSeries } from "../../cloudwatch/mod.ts";
import type { EndpointSettings } from "../../_service/endpoint_settings.ts";
import type { ConnectionOptions } from "../_connection.ts";

/** How a check ended. Only an `error` makes the command fail. */
export type Status = "ok" | "warning" | "error" | "skipped";

/** What a check has found out. */
export interface Finding {
  readonly status: Status;
  /** The fact. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy?: string;
  /** The numbers behind the fact, for programs. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** One check. */
export interface Check {
  /** The name, which never changes: documentation and scripts use it. */
  readonly id: string;
  /** The ids of checks without whose success this one makes no sense. */
  readonly needs?: readonly string[];
  /** The time that the check may take in addition to the usual limit, in milliseconds. */
  readonly extraMs?: number;
  /** Rejects if the fact cannot be found out. */
  readonly run: (exam: Exam, signal: AbortSignal) => Promise<Finding> | Finding;
}

/** What a user may want to do with a stream. */
export const NEEDS = ["read", "write", "fan-out", "admin"] as const;
/** One of {@linkcode NEEDS}. */
export type Need = typeof NEEDS[number];

/** The traffic of a shard. */
export interface ShardLoad {
  readonly shardId: string;
  readonly bytesPerSecond: number;
  readonly recordsPerSecond: number;
}

/** Everything that the checks of one run share. */
export interface Exam {
  readonly client: KinesisClient;
  readonly connection: ConnectionOptions;
  readonly environment: Environment;
  /** The name or ARN of the stream. */
  readonly stream: string | undefined;
  /** What the user says to need. Empty if the user has not said it. */
  readonly needs: readonly Need[];
  /** Looks up the credentials, and says which source has them. */
  readonly findCredentials: () => Promise<SourcedCredentials>;
  readonly cloudWatchEndpoint: string | undefined;
  /** What earlier checks have found out for later ones. */
  readonly found: Found;
}

/** Credentials and the source that has them. */
export interface SourcedCredentials {
  readonly source: string;
  readonly credentials: Credentials;
}

/** What checks have found out. A member is absent until its check has succeeded. */
export interface Found {
  credentials?: Credentials;
  settings?: EndpointSettings;
  /** Server time minus the time of this machine, in milliseconds. */
  skewMs?: number;
  summary?: StreamDescriptionSummary;
  /** The open shards. */
  openShards?: readonly string[];
  /** A registered consumer that is ACTIVE. */
  consumerArn?: string;
  /** Preflights by what was asked for. */
  preflights: Map<Need, PreflightReport>;
  /** What CloudWatch knows of the stream. */
  metrics?: readonly MetricSeries[];
  /** The traffic of the shards that were sampled. */
  sample?: { readonly loads: readonly ShardLoad[]; readonly throttles: number };
  /** The quotas of the account. */
  limits?: DescribeLimitsResponse;
  /** The age of the oldest record that the consumers of a store have not processed. */
  processingLagMs?: number;
  /** How far the slowest reader is behind, in milliseconds. */
  lagMs?: number;
}
