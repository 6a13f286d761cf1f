/**
 * The option `createStream` of producers and consumers: creates a stream that is missing.
 *
 * @module
 */
import { hasCode, IN_USE, NOT_FOUND } from "../_aws/service_error.ts";
import type { StreamChoice } from "../_aws/stream_choice.ts";
import type { OptionCheck } from "../_core/option_check.ts";
import type { KinesisClient, StreamDescriptionSummary } from "../client/mod.ts";

/** How a missing stream is created. */
export type NewStream = { shardCount: number } | { onDemand: true };

/** The methods of a client that creating a stream needs. */
export type CreatingClient = Pick<
  KinesisClient,
  | "createStream"
  | "describeStreamSummary"
  | "waitUntilActive"
  | "waitUntilDeleted"
>;

/** The names of these methods, to check a client that is given. */
export const CREATE_METHODS: readonly (keyof CreatingClient)[] = [
  "createStream",
  "describeStreamSummary",
  "waitUntilActive",
  "waitUntilDeleted",
];

/** The largest number that CreateStream takes. The service refuses what the account does not allow. */
const MAX_SHARDS = 2 ** 31 - 1;

/**
 * Checks the option.
 *
 * @throws {TypeError} if it is not one of the forms
 * @throws {RangeError} if the number of shards is out of its range
 */
export function resolveCreateStream(
  check: OptionCheck,
  options: { createStream?: NewStream | false; streamARN?: string },
): NewStream | false {
  const { createStream: how = false, streamARN } = options;
  if (how === false) return false;
  if (streamARN !== undefined) {
    throw new TypeError(
      check.refusal(
        "'createStream' needs 'streamName' and not 'streamARN': a stream is created by its name",
      ),
    );
  }
  const { shardCount, onDemand } = (how ?? {}) as Record<string, unknown>;
  if (shardCount === undefined && onDemand === true) return { onDemand };
  if (shardCount !== undefined && onDemand === undefined) {
    const rule = { default: 1, least: 1, most: MAX_SHARDS, integer: true };
    const name = "createStream.shardCount";
    return { shardCount: check.number(name, shardCount as number, rule) };
  }
  throw new TypeError(
    check.message(
      "createStream",
      "{ shardCount } or { onDemand: true } or false",
      how,
    ),
  );
}

/**
 * Creates the stream if it is missing, and waits until it is active. A stream that is being deleted
 * is created again afterwards. Resolves with its summary.
 *
 * @throws {WaiterError} if the stream is not active in time
 */
export async function createIfMissing(
  { client, target, stream }:
    & { client: CreatingClient }
    & Pick<StreamChoice, "target" | "stream">,
  how: NewStream,
  signal: AbortSignal,
): Promise<StreamDescriptionSummary> {
  const call = { signal };
  const summary = await summaryOf(client, target, signal);
  const status = summary && (summary.StreamStatus ?? "ACTIVE");
  if (status === "ACTIVE" || status === "UPDATING") return summary!;
  if (status === "DELETING") await client.waitUntilDeleted(target, call);
  if (status !== "CREATING") {
    await client.createStream({
      StreamName: stream,
      ...("onDemand" in how
        ? { StreamModeDetails: { StreamMode: "ON_DEMAND" } }
        : { ShardCount: how.shardCount }),
    }, call).catch((error) => {
      // Another producer or consumer has created it meanwhile.
      if (error?.code !== IN_USE) throw error;
    });
  }
  return await client.waitUntilActive(target, call);
}

/** The summary of the stream; `undefined` if it does not exist and can be created. */
async function summaryOf(
  client: CreatingClient,
  target: StreamChoice["target"],
  signal: AbortSignal,
): Promise<StreamDescriptionSummary | undefined> {
  try {
    const answer = await client.describeStreamSummary(target, { signal });
    return answer.StreamDescriptionSummary;
  } catch (error) {
    const missing = hasCode(error, NOT_FOUND);
    // A stream can only be created by its name.
    if (!missing || !("StreamName" in target)) throw error;
    return undefined;
  }
}
