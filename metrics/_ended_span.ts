/**
 * Spans of what has ended: a hook tells the duration, and the span gets both times.
 *
 * @module
 */
import { textOf } from "../_core/text_of.ts";
import { codeOf } from "./_error_code.ts";
import { nameOf, type Operation } from "./_messaging.ts";
import type {
  TelemetrySpan,
  TelemetrySpanOptions,
  TelemetryTracer,
} from "./_open_telemetry_api.ts";

const ERROR = 2;

/** The name of a span. */
export function spanNameOf(operation: Operation, stream: string): string {
  return `${operation} ${nameOf(stream)}`;
}

/** What a span of the past is made of. */
export interface EndedSpan {
  readonly name: string;
  readonly options: TelemetrySpanOptions;
  readonly durationMs: number;
  /** The error, if it has failed. */
  readonly error?: unknown;
  /** The context of its parent. Without one, it begins a trace. */
  readonly parent?: unknown;
}

/** Makes a span that ends now. */
export function addEndedSpan(
  tracer: TelemetryTracer,
  { name, options, durationMs, error, parent }: EndedSpan,
): void {
  const endTime = Date.now();
  const startTime = endTime - durationMs;
  // The context that is active in a hook is that of any caller, so it is no parent.
  const span = parent === undefined
    ? tracer.startSpan(name, { ...options, startTime, root: true })
    : tracer.startSpan(name, { ...options, startTime }, parent);
  if (error !== undefined) markFailed(span, error);
  span.end(endTime);
}

/** Notes that what a span stands for has failed. */
export function markFailed(span: TelemetrySpan, error: unknown): void {
  span.setAttribute("error.type", codeOf(error));
  span.setStatus({ code: ERROR, message: textOf(error) });
}
