/**
 * The metrics of OpenTelemetry's semantic conventions for messaging.
 *
 * @module
 */
import type { AllHooks } from "./combine.ts";
import { attributesOf, type Operation } from "./_messaging.ts";
import type { TelemetryMeter } from "./_open_telemetry_api.ts";

/** The upper bounds that the conventions advise, in seconds. */
const SECONDS = [
  0.005,
  0.01,
  0.025,
  0.05,
  0.075,
  0.1,
  0.25,
  0.5,
  0.75,
  1,
  2.5,
  5,
  7.5,
  10,
];
const MS = 1000;
const THROTTLED = { code: "ProvisionedThroughputExceededException" };
/** The value of `error.type` for errors that are not known. */
const OTHER = { code: "_OTHER" };

/** What the attributes depend on. */
export interface MessagingSettings {
  /** The name of the application that reads. */
  readonly group: string | undefined;
  /** Whether the shard is an attribute. */
  readonly perShard: boolean;
}

/** Makes hooks that record these metrics. A message is a Kinesis record. */
export function messagingMetrics(
  meter: TelemetryMeter,
  { group, perShard }: MessagingSettings,
): AllHooks {
  const counter = (name: string, description: string) =>
    meter.createCounter(name, { description, unit: "{message}" });
  const seconds = (name: string, description: string) =>
    meter.createHistogram(name, {
      description,
      unit: "s",
      advice: { explicitBucketBoundaries: [...SECONDS] },
    });
  const sent = counter(
    "messaging.client.sent.messages",
    "Number of messages producer attempted to send to the broker.",
  );
  const consumed = counter(
    "messaging.client.consumed.messages",
    "Number of messages that were delivered to the application.",
  );
  const operations = seconds(
    "messaging.client.operation.duration",
    "Duration of messaging operation initiated by a producer or consumer client.",
  );
  const processing = seconds(
    "messaging.process.duration",
    "Duration of processing operation.",
  );
  const attributes = (
    operation: Operation,
    { stream, shardId }: { stream: string; shardId: string },
    error?: unknown,
  ) => {
    const shard = perShard ? shardId : undefined;
    return attributesOf(operation, { stream, shardId: shard, group }, error);
  };
  return {
    onBatch({ stream, records, failed, throttled, durationMs, error }) {
      const of = (error?: unknown) => attributesOf("send", { stream }, error);
      const other = failed - throttled;
      if (records > failed) sent.add(records - failed, of());
      if (throttled > 0) sent.add(throttled, of(error ?? THROTTLED));
      if (other > 0) sent.add(other, of(error ?? OTHER));
      operations.record(durationMs / MS, of(error));
    },
    onRead(event) {
      const of = attributes("receive", event);
      if (event.records > 0) consumed.add(event.records, of);
      const { durationMs } = event;
      if (durationMs !== undefined) operations.record(durationMs / MS, of);
    },
    onHandled(event) {
      const { durationMs, failed, error = OTHER } = event;
      const of = attributes("process", event, failed > 0 ? error : undefined);
      processing.record(durationMs / MS, of);
    },
    onCheckpoint(event) {
      operations.record(event.durationMs / MS, attributes("settle", event));
    },
  };
}
