/**
 * A plain envelope that carries the trace context beside each value.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { enveloped, type EnvelopeOptions } from "./_envelope.ts";
import type { Serializer, SerializerProcessor } from "./serializer.ts";

/** Options of {@linkcode traceEnvelope}. */
export interface TraceEnvelopeOptions extends EnvelopeOptions {}

const MEMBERS = new Set(["traceparent", "tracestate", "data", "data_base64"]);

/**
 * Writes each value as `{"traceparent":"…","tracestate":"…","data":…}`, and reads the value out of
 * it. Programs in any language can read and write this JSON. Without a context, only `data` is
 * written. {@linkcode traceContextOf} returns the context of a value that was read.
 *
 * The data of `json()` stands in `data` as JSON, that of other text serializers as a JSON string,
 * and bytes stand as base64 in `data_base64`. A context that is missing or not valid never costs the
 * value. An object is an envelope if it has the data and, beside it, a `traceparent` or no other
 * members than the four. So a value such as `{"data":1}`, written without the envelope, would be
 * read as 1: do not switch a stream of such values to it, or use {@linkcode cloudEvents}.
 *
 * @throws {TypeError} if `inner` is no serializer, or an option is wrong
 *
 * @example
 * ```ts
 * import { createProcessor, json, newline, traceContextOf, traceEnvelope } from "@webstreams/kinesis/processors";
 * import { assertEquals } from "@std/assert";
 *
 * const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
 * const orders = traceEnvelope(json<{ id: number }>(), {
 *   inject: () => ({ traceparent }), // in practice: traceInjector(api)
 * });
 * const text = orders.text!.stringify({ id: 1 });
 * assertEquals(text, `{"traceparent":"${traceparent}","data":{"id":1}}`);
 *
 * const order = orders.text!.parse(text);
 * assertEquals(order, { id: 1 });
 * assertEquals(traceContextOf(order), { traceparent });
 * const lines = createProcessor({ serializer: orders, framing: newline() });
 * assertEquals(lines.name, "trace(json)+newline");
 * ```
 */
export function traceEnvelope<T>(
  inner: Serializer<T>,
  options: TraceEnvelopeOptions = {},
): SerializerProcessor<T> {
  const check = new OptionCheck("Cannot use traceEnvelope");
  check.methods("inner", inner ?? null, "serialize", "deserialize");
  check.object("options", options, ["inject", "bare"]);
  check.type("inject", options.inject, "function");
  check.choice("bare", options.bare, ["accept", "reject"], undefined);
  return enveloped(inner, options, {
    name: "trace",
    head: (_, context) => context ?? {},
    isEnvelope: (members) =>
      (members.has("data") || members.has("data_base64")) &&
      (members.has("traceparent") ||
        [...members.keys()].every((name) => MEMBERS.has(name))),
  });
}
