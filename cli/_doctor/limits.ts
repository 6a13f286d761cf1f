/**
 * Is there room for more shards and streams in the account?
 *
 * @module
 */
import type { CallOptions, DescribeLimitsResponse } from "../../client/mod.ts";
import type { Check, Exam, Finding } from "./check.ts";
import { percentOf } from "./texts.ts";

/** This share of a quota is worth a warning. */
const NEAR = 0.8;

/** Is there room for more shards of provisioned streams? */
export const shardLimitCheck: Check = limitCheck(
  "limits.shards",
  "shards of provisioned streams",
  (limits) => [limits.OpenShardCount, limits.ShardLimit],
);
/** Is there room for more streams on demand? */
export const onDemandLimitCheck: Check = limitCheck(
  "limits.on-demand",
  "streams on demand",
  (limits) => [limits.OnDemandStreamCount, limits.OnDemandStreamCountLimit],
);

/** The quotas of the account. Kinesis answers once a second. */
export async function describeLimits(
  { client, found }: Exam,
  call: CallOptions,
): Promise<DescribeLimitsResponse> {
  return found.limits ??= await client.describeLimits(call);
}

function limitCheck(
  id: string,
  what: string,
  numbersOf: (
    limits: Partial<DescribeLimitsResponse>,
  ) => [used?: number, limit?: number],
): Check {
  return {
    id,
    needs: ["signature"],
    async run(exam, signal) {
      const limits = await describeLimits(exam, { signal });
      return judgeLimit(what, ...numbersOf(limits));
    },
  };
}

/** Compares a number with its quota. Emulators leave some out. */
function judgeLimit(
  what: string,
  used?: number,
  limit?: number,
): Finding {
  const data = { used, limit };
  if (used === undefined || limit === undefined) {
    return { status: "skipped", message: "The server does not tell it", data };
  }
  const message = `${used} of ${limit} ${what}`;
  const share = used / limit;
  if (share < NEAR) return { status: "ok", message, data };
  return {
    status: "warning",
    message: `${message} (${percentOf(share)})`,
    remedy: used >= limit
      ? "No more can be made: delete some, or ask for a higher quota in Service Quotas"
      : "Ask for a higher quota in Service Quotas, which takes days",
    data,
  };
}
