import { COMMITMENT_MS } from "../_state/limits.ts";
import { required, structure, text } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import { describeCommitment } from "./describe_account_settings.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateAccountSettings.html */
export const updateAccountSettings: Action = action({
  MinimumThroughputBillingCommitment: required(structure({
    Status: required(text({ values: ["ENABLED", "DISABLED"] })),
  })),
}, (input, { account }) => {
  const { Status: status } = input.MinimumThroughputBillingCommitment;
  const { commitment, now } = account;
  if (status === "ENABLED") {
    if (commitment && account.hasCommitment) commitment.endsAt = undefined;
    else account.commitment = { startedAt: now };
  } else if (commitment && account.hasCommitment) {
    // A commitment lasts at least 24 hours, even if it is cancelled earlier.
    commitment.endsAt = Math.max(now, commitment.startedAt + COMMITMENT_MS);
  }
  return describeCommitment(account);
});
