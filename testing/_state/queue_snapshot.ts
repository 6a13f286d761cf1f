/**
 * Converts the records of a queue for tests.
 *
 * @module
 */
import type { QueuedRecord, QueueState } from "../kinesis_server_types.ts";
import type { Queue } from "./queue.ts";
import type { QueueEntry } from "./queue_entry.ts";
import type { LaneName } from "./queue_records.ts";
import { payloadBytes } from "./record_log.ts";

/** The state of a queue. A queue that is CREATING or DELETING has no records. */
export function queueSnapshot(queue: Queue, now: number): QueueState {
  const { name, arn, id, status, stream } = queue;
  const delivers = status === "ACTIVE" || status === "UPDATING";
  const lane = (name: LaneName) => {
    if (!delivers) return { visible: [], inFlight: [] };
    const { visible, inFlight } = queue.records.lane(name, now);
    return { visible: [...visible], inFlight: [...inFlight] };
  };
  const describe = (entries: readonly QueueEntry[]) =>
    [...entries].sort((a, b) => a.id - b.id)
      .map((entry) => describeEntry(queue, entry));
  const { visible, inFlight } = lane("records");
  const deadLetters = lane("deadLetters");
  return {
    queueName: name,
    queueARN: arn,
    queueId: id,
    status,
    streamName: stream.name,
    visible: describe(visible),
    inFlight: describe(inFlight),
    deadLetters: describe([...deadLetters.visible, ...deadLetters.inFlight]),
  };
}

function describeEntry({ stream }: Queue, entry: QueueEntry): QueuedRecord {
  const { record, firstReceivedAt, visibleAt } = entry;
  return {
    recordId: entry.recordId(stream),
    shardId: entry.shardId,
    ...(record.key === undefined ? {} : { partitionKey: record.key }),
    data: payloadBytes(record.data),
    approximateArrivalTimestamp: new Date(record.time),
    ...(firstReceivedAt === undefined
      ? {}
      : { firstReceiveTimestamp: new Date(firstReceivedAt) }),
    receiveCount: entry.receiveCount,
    ...(visibleAt === undefined ? {} : { visibleAt: new Date(visibleAt) }),
  };
}
