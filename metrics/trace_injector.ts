/**
 * The trace context of the code that writes a value.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import type { TraceContext } from "../processors/mod.ts";
import type { OpenTelemetryApi } from "./_open_telemetry_api.ts";

const check = new OptionCheck("Cannot create trace injector");

/**
 * Makes the function `inject` of `traceEnvelope` and `cloudEvents`: it returns the context of the
 * active span in the form of W3C Trace Context, whatever propagator is set. It returns `undefined`
 * if no span is active.
 *
 * @throws {TypeError} if `api` has no `trace.getActiveSpan`: it must be the module itself
 */
export function traceInjector(
  api: OpenTelemetryApi,
): () => TraceContext | undefined {
  check.methods("api", api ?? null);
  const trace = check.methods("api.trace", api.trace ?? null, "getActiveSpan")!;
  return () => {
    const context = trace.getActiveSpan!()?.spanContext();
    if (!context) return undefined;
    const { traceId, spanId, traceFlags } = context;
    const flags = traceFlags.toString(16).padStart(2, "0");
    const traceparent = `00-${traceId}-${spanId}-${flags}`;
    const tracestate = textOfState(context.traceState);
    return tracestate === undefined
      ? { traceparent }
      : { traceparent, tracestate };
  };
}

function textOfState(state: unknown): string | undefined {
  const { serialize } = (state ?? {}) as { serialize?: () => string };
  return typeof serialize === "function" ? serialize.call(state) : undefined;
}
