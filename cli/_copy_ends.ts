/**
 * The streams at the ends of a copy.
 *
 * @module
 */
import type { KinesisClient, StreamDescriptionSummary } from "../client/mod.ts";
import { connect } from "./_connection.ts";
import type { Context } from "./_context.ts";
import type { CopyOptions } from "./_copy_options.ts";
import type { CopyPlace } from "./_copy_place.ts";
import { Failure, WrongUsage } from "./_failure.ts";

/** A stream that is read or written. */
export interface StreamEnd {
  readonly client: KinesisClient;
  readonly summary: StreamDescriptionSummary;
}

/**
 * Looks at the streams among the two places.
 *
 * @throws {WrongUsage} if they are the same stream
 */
export async function streamEnds(
  context: Context,
  from: CopyPlace,
  to: CopyPlace,
  options: CopyOptions,
): Promise<[reading: StreamEnd | undefined, writing: StreamEnd | undefined]> {
  const { signal } = context.terminal;
  // Fails at once if a stream is missing: a consumer tries several times.
  const look = async (client: KinesisClient, place: CopyPlace) => {
    if (place.type !== "stream") return undefined;
    try {
      const { StreamDescriptionSummary: summary } = await client
        .describeStreamSummary(place.target, { signal });
      return { client, summary };
    } catch (error) {
      throw withHint(error, place.text);
    }
  };
  const { region, endpoint, profile } = context.connection();
  const { toRegion, toEndpoint, toProfile } = options;
  const isElsewhere = [toRegion, toEndpoint, toProfile].some((it) =>
    it !== undefined
  );
  const reading = await look(context.client(), from);
  const writing = await look(
    isElsewhere
      ? connect({
        region: toRegion ?? region,
        endpoint: toEndpoint ?? endpoint,
        profile: toProfile ?? profile,
      })
      : context.client(),
    to,
  );
  if (reading && writing && isSameStream(reading.summary, writing.summary)) {
    throw new WrongUsage(
      `${from.text} and ${to.text} are the same stream: it would be copied onto itself`,
    );
  }
  return [reading, writing];
}

/** Two emulators may have streams of the same ARN, but not created at the same time. */
function isSameStream(
  a: StreamDescriptionSummary,
  b: StreamDescriptionSummary,
): boolean {
  return a.StreamARN === b.StreamARN &&
    a.StreamCreationTimestamp?.getTime() ===
      b.StreamCreationTimestamp?.getTime();
}

function withHint(error: unknown, name: string): unknown {
  const isMissing = error instanceof Error &&
    (error as { code?: unknown }).code === "ResourceNotFoundException";
  return isMissing && !name.startsWith("arn:")
    ? new Failure(`${error.message}. For a file in this folder, give ./${name}`)
    : error;
}

/** Whether a stream stores records by their keys: not with AUTO record distribution. */
export function usesKeys({ summary }: StreamEnd): boolean {
  return summary.RecordDistributionStrategy !== "AUTO";
}
