/**
 * Finds the queue or stream that an argument names.
 *
 * @module
 */
import type { KinesisClient } from "../client/mod.ts";
import { Failure } from "./_failure.ts";

/** The ARN of a queue that is given by its ARN or name. */
export async function queueArnOf(
  client: KinesisClient,
  queue: string,
  signal: AbortSignal,
): Promise<string> {
  if (queue.startsWith("arn:")) return queue;
  const found: string[] = [];
  for await (
    const { QueueName, QueueARN } of client.listAllQueues({}, { signal })
  ) if (QueueName === queue) found.push(QueueARN);
  if (found.length === 1) return found[0]!;
  throw new Failure(
    found.length === 0
      ? `There is no queue "${queue}" in this account and region: "queues list" shows all`
      : `There are ${found.length} queues "${queue}": give one by its ARN: ${
        found.join(", ")
      }`,
  );
}

/** The ARN of a stream that is given by its ARN or name. */
export async function streamArnOf(
  client: KinesisClient,
  stream: string,
  signal: AbortSignal,
): Promise<string> {
  if (stream.startsWith("arn:")) return stream;
  const { StreamDescriptionSummary } = await client.describeStreamSummary(
    { StreamName: stream },
    { signal },
  );
  return StreamDescriptionSummary.StreamARN;
}
