/**
 * The facts of a stream.
 *
 * @module
 */
import type { KinesisClient } from "../../client/mod.ts";
import type { StreamTarget } from "../_stream_target.ts";
import type { StreamView } from "./snapshot.ts";

/** Describes a stream. */
export async function describe(
  client: Pick<KinesisClient, "describeStreamSummary">,
  target: StreamTarget,
  signal: AbortSignal,
): Promise<StreamView> {
  const { StreamDescriptionSummary: it } = await client
    .describeStreamSummary(target, { signal });
  return {
    name: it.StreamName,
    arn: it.StreamARN,
    status: it.StreamStatus,
    mode: it.StreamModeDetails?.StreamMode,
    retentionHours: it.RetentionPeriodHours,
    encryption: it.EncryptionType,
    openShards: it.OpenShardCount,
    consumers: it.ConsumerCount,
  };
}
