/**
 * Limits and settings of the account in this region. The names are the API's own; `Data` is a `Uint8Array`, times are
 * `Date`; a field that the server left unset is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
/** Answer of `DescribeLimits`. */
export interface DescribeLimitsResponse {
  /** Most open shards of all provisioned streams. */
  ShardLimit: number;
  /** How many there are. */
  OpenShardCount: number;
  /** How many streams are in `ON_DEMAND` mode. */
  OnDemandStreamCount: number;
  /** Most of them. */
  OnDemandStreamCountLimit: number;
  /** How many channels there are. */
  ChannelCount?: number;
  /** Most of them. */
  ChannelCountLimit?: number;
}

/** The commitment to pay for a minimum of throughput, in exchange for lower prices. */
export interface MinimumThroughputBillingCommitment {
  /** Whether it is on. */
  Status: "DISABLED" | "ENABLED" | "ENABLED_UNTIL_EARLIEST_ALLOWED_END";
  /** Since when. */
  StartedAt?: Date;
  /** Until when. */
  EndedAt?: Date;
  /** When it can end at the earliest. */
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
