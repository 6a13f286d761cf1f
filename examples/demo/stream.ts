/**
 * The stream of a run: one that exists, or one that is made for it.
 *
 * @module
 */
import { type KinesisClient, ServiceError } from "@webstreams/kinesis";

/** What {@linkcode openStream} needs to know. */
export interface OpenStreamOptions {
  /** The client. */
  readonly client: KinesisClient;
  /** The name of the stream. */
  readonly streamName: string;
  /** Shards, if it is made. */
  readonly shards: number;
  /** Told that the stream was made: whoever hears it has to remove it. */
  readonly onCreated: () => void;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** Makes the stream unless it exists, and waits until it can be used. */
export async function openStream(options: OpenStreamOptions): Promise<void> {
  const { client, streamName, shards, onCreated, signal } = options;
  const target = { StreamName: streamName };
  if (!(await exists(client, streamName, signal))) {
    // Without the signal: a request that is cut off leaves open whether there is a stream to remove.
    await client.createStream({ ...target, ShardCount: shards });
    onCreated();
  }
  await client.waitUntilActive(target, { signal });
}

async function exists(
  client: KinesisClient,
  streamName: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.describeStreamSummary({ StreamName: streamName }, { signal });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof ServiceError &&
    error.code === "ResourceNotFoundException";
}
