/**
 * Spans for sending, receiving, processing and settling.
 *
 * @module
 */
import { addEndedSpan, spanNameOf } from "./_ended_span.ts";
import { spanAttributesOf } from "./_messaging.ts";
import type { TelemetryTracer } from "./_open_telemetry_api.ts";
import type { ProcessSpans } from "./_process_span.ts";
import { hasSpan } from "./_traced_calls.ts";
import type { AllHooks } from "./combine.ts";

const CLIENT = 2;

/** Makes hooks that add a span for each event. `group` is the name of the application. */
export function messagingSpans(
  tracer: TelemetryTracer,
  processing: ProcessSpans,
  group: string | undefined,
): AllHooks {
  return {
    onBatch({ stream, records, values, failed, durationMs, error }) {
      addEndedSpan(tracer, {
        name: spanNameOf("send", stream),
        options: {
          kind: CLIENT,
          attributes: {
            ...spanAttributesOf("send", { stream }, error),
            "messaging.batch.message_count": records,
            "kinesis.values": values,
            "kinesis.failed_records": failed,
          },
        },
        durationMs,
        error,
      });
    },
    onRead({ stream, shardId, records, durationMs }) {
      // Most polls of a quiet stream bring nothing. Subscriptions have no request.
      if (records === 0 || durationMs === undefined) return;
      addEndedSpan(tracer, {
        name: spanNameOf("receive", stream),
        options: {
          kind: CLIENT,
          attributes: {
            ...spanAttributesOf("receive", { stream, shardId, group }),
            "messaging.batch.message_count": records,
          },
        },
        durationMs,
      });
    },
    onHandled({ stream, shardId, records, attempt, durationMs, ...rest }) {
      if (hasSpan(records, attempt)) return;
      const { failed, error = new Error("values were not processed") } = rest;
      const isBatch = records.length > 1;
      addEndedSpan(tracer, {
        ...processing.plan(records, { stream, shardId }, isBatch),
        durationMs,
        error: failed > 0 ? error : undefined,
      });
    },
    onCheckpoint({ stream, shardId, position, durationMs }) {
      const attributes = spanAttributesOf("settle", { stream, shardId, group });
      if (position !== "SHARD_END") {
        attributes["messaging.message.id"] = position;
      }
      addEndedSpan(tracer, {
        name: spanNameOf("settle", stream),
        options: { kind: CLIENT, attributes },
        durationMs,
      });
    },
  };
}
