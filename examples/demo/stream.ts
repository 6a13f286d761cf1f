/**
 * The stream of a run: an existing one, or one that the run creates.
 *
 * @module
 */
import { type KinesisClient, ServiceError } from "@webstreams/kinesis";
import type { Belonging, Cleanup } from "./cleanup.ts";
import type { Connection } from "./connection.ts";

/** Longest duration of removing a stream, in milliseconds. */
const REMOVE_MS = 30_000;

/** Options of {@linkcode openStream}. */
export interface OpenStreamOptions {
  /** The client. */
  readonly client: KinesisClient;
  /** The address of Kinesis, for the command that removes the stream. */
  readonly connection: Connection;
  /** The name that the user has given. `undefined` for a new name. */
  readonly name: string | undefined;
  /** Number of shards of a new stream. */
  readonly shards: number;
  /** Gets the stream if it is created. `undefined` if the stream ends with this process. */
  readonly cleanup: Cleanup | undefined;
  /** Ends waiting for the stream. */
  readonly signal: AbortSignal;
}

/** An ACTIVE stream. */
export interface OpenStream {
  /** Its name. */
  readonly streamName: string;
  /** Whether this run created it. */
  readonly isOwn: boolean;
}

/** Creates the stream unless it exists, and waits until it is ACTIVE. */
export async function openStream(
  options: OpenStreamOptions,
): Promise<OpenStream> {
  const { client, name, signal } = options;
  const streamName = name ?? `kinesis-demo-${crypto.randomUUID().slice(0, 8)}`;
  const isOwn = !(await exists(client, streamName, signal));
  if (isOwn) await createStream(options, streamName);
  await client.waitUntilActive({ StreamName: streamName }, { signal });
  return { streamName, isOwn };
}

async function createStream(
  { client, connection, name, shards, cleanup }: OpenStreamOptions,
  StreamName: string,
): Promise<void> {
  const made: Belonging = {
    left: leftText(StreamName, connection),
    remove: () => removeStream(client, StreamName),
  };
  // Another program may create a stream with the name of the user at this moment. Until the answer
  // arrives it is not known which program did, so the stream is not removed.
  const doubtful: Belonging = name === undefined ? made : {
    left: `perhaps ${made.left}`,
    remove: () =>
      Promise.reject(new Error("it is not known whether this run created it")),
  };
  // Added before the request, since this process may be stopped while the request is under way.
  cleanup?.add(doubtful);
  try {
    // Without the signal: after an aborted request it is unknown whether the stream exists.
    await client.createStream({ StreamName, ShardCount: shards });
  } catch (error) {
    // A retry of the client gets ResourceInUse if the answer to its first attempt was lost.
    const isInUse = hasCode(error, "ResourceInUseException");
    if (isInUse && doubtful === made) return;
    if (isRefusal(error) && !isInUse) cleanup?.forget(doubtful);
    throw error;
  }
  if (doubtful === made) return;
  cleanup?.forget(doubtful);
  cleanup?.add(made);
}

function leftText(StreamName: string, connection: Connection): string {
  const { endpoint, region } = connection;
  const command = [
    `aws kinesis delete-stream --stream-name ${StreamName}`,
    ...region === undefined ? [] : [`--region ${region}`],
    ...endpoint === undefined ? [] : [`--endpoint-url ${endpoint}`],
  ].join(" ");
  const where = endpoint ?? region ?? "AWS";
  return `the stream ${StreamName} in ${where}: remove it with\n    ${command}`;
}

/** Removes a stream. Resolves also if the stream does not exist. */
async function removeStream(
  client: KinesisClient,
  StreamName: string,
): Promise<void> {
  const signal = AbortSignal.timeout(REMOVE_MS);
  try {
    try {
      await client.deleteStream({ StreamName }, { signal });
    } catch (error) {
      if (!hasCode(error, "ResourceInUseException")) throw error;
      // The stream is still CREATING or UPDATING.
      await client.waitUntilActive({ StreamName }, { signal });
      await client.deleteStream({ StreamName }, { signal });
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
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
  return hasCode(error, "ResourceNotFoundException");
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof ServiceError && error.code === code;
}

/** Whether the service rejected the request, so that no stream was created. */
function isRefusal(error: unknown): boolean {
  return error instanceof ServiceError && error.status < 500;
}
