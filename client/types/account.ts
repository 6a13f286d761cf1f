/**
 * Limits and settings of the account in this region. The names are those of the API. `Data` is a
 * `Uint8Array`, and times are `Date`. A field that the service does not set is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
/** Answer of `DescribeLimits`. */
export interface DescribeLimitsResponse {
  /** The most open shards of all provisioned streams. */
  ShardLimit: number;
  /** The number of open shards. */
  OpenShardCount: number;
  /** The number of on-demand streams. */
  OnDemandStreamCount: number;
  /** The most on-demand streams. */
  OnDemandStreamCountLimit: number;
  /** The number of channels. */
  ChannelCount?: number;
  /** The most channels. */
  ChannelCountLimit?: number;
}

/** The commitment to pay for a minimum throughput, for lower prices. */
export interface MinimumThroughputBillingCommitment {
  /** Whether the commitment is enabled. */
  Status: "DISABLED" | "ENABLED" | "ENABLED_UNTIL_EARLIEST_ALLOWED_END";
  /** When it started. */
  StartedAt?: Date;
  /** When it ended. */
  EndedAt?: Date;
  /** The earliest time at which it can end. */
  EarliestAllowedEndAt?: Date;
}

/** Answer of `DescribeAccountSettings` and `UpdateAccountSettings`. */
export interface AccountSettingsResponse {
  /** The commitment. */
  MinimumThroughputBillingCommitment?: MinimumThroughputBillingCommitment;
}

/** Request of `UpdateAccountSettings`. */
export interface UpdateAccountSettingsRequest {
  /** The commitment. */
  MinimumThroughputBillingCommitment: { Status: "DISABLED" | "ENABLED" };
}
