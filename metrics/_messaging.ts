/**
 * The names of OpenTelemetry's semantic conventions for messaging, version 1.45.
 *
 * @module
 */
import { codeOf } from "./_error_code.ts";
import type { TelemetryAttributes } from "./_open_telemetry_api.ts";

/** The name under which tracers and meters are asked for. */
export const LIBRARY = "@webstreams/kinesis";

/** What a client does with messages. */
export type Operation = "send" | "receive" | "process" | "settle";

/** What an attribute is about. */
export interface Place {
  /** The stream, by name or ARN. */
  readonly stream: string;
  /** The shard. */
  readonly shardId?: string;
  /** The name of the application that reads. */
  readonly group?: string;
}

/** Attributes of metrics and spans. */
export function attributesOf(
  operation: Operation,
  { stream, shardId, group }: Place,
  error?: unknown,
): TelemetryAttributes {
  const attributes: TelemetryAttributes = {
    "messaging.system.name": "aws.kinesis",
    "messaging.operation.name": operation,
    "messaging.operation.type": operation,
    "messaging.destination.name": nameOf(stream),
  };
  if (shardId !== undefined) {
    attributes["messaging.destination.partition.id"] = shardId;
  }
  if (group !== undefined) attributes["messaging.consumer.group.name"] = group;
  if (error !== undefined) attributes["error.type"] = codeOf(error);
  return attributes;
}

/** Attributes of spans. */
export function spanAttributesOf(
  operation: Operation,
  place: Place,
  error?: unknown,
): TelemetryAttributes {
  const attributes = attributesOf(operation, place, error);
  attributes["aws.kinesis.stream_name"] = nameOf(place.stream);
  const { requestId } = (error ?? {}) as { requestId?: unknown };
  if (typeof requestId === "string") attributes["aws.request_id"] = requestId;
  return attributes;
}

/** The name of a stream that is given by its name or its ARN. */
export function nameOf(stream: string): string {
  return stream.startsWith("arn:")
    ? stream.slice(stream.indexOf("/") + 1)
    : stream;
}
