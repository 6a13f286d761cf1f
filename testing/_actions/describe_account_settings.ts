import type { Account } from "../_state/account.ts";
import { COMMITMENT_MS } from "../_state/limits.ts";
import type { Output } from "../_wire/codec.ts";
import { type Action, action } from "./action.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeAccountSettings.html */
export const describeAccountSettings: Action = action(
  {},
  (_input, { account }) => describeCommitment(account),
);

/** The throughput commitment of an account in the API's shape. */
export function describeCommitment(account: Account): Output {
  const { commitment } = account;
  const isEnding = commitment?.endsAt !== undefined;
  const date = (ms: number | undefined) =>
    ms === undefined ? undefined : new Date(ms);
  return {
    MinimumThroughputBillingCommitment: {
      Status: !account.hasCommitment
        ? "DISABLED"
        : isEnding
        ? "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
        : "ENABLED",
      StartedAt: date(commitment?.startedAt),
      EndedAt: account.hasCommitment ? undefined : date(commitment?.endsAt),
      EarliestAllowedEndAt: account.hasCommitment
        ? date(commitment!.startedAt + COMMITMENT_MS)
        : undefined,
    },
  };
}
