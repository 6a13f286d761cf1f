/**
 * Serializers that put each value into a JSON object, beside its trace context.
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "../_core/base64.ts";
import { decodeUtf8, encodeUtf8 } from "../_core/utf8.ts";
import { membersOf, stringOf } from "./_json_members.ts";
import { serializerProcessor } from "./create_processor.ts";
import type { Serializer, SerializerProcessor } from "./serializer.ts";
import { single } from "./single.ts";
import {
  rememberTraceContext,
  type TraceCarrier,
  type TraceContext,
  validTraceContext,
} from "./trace_context.ts";

/** Options that all envelopes have. */
export interface EnvelopeOptions {
  /**
   * Called when a value is serialized: during `put` of a producer, also if its buffer is full. With
   * `pipeTo` and `write` it may be later, when another span is active. Returns the context that the
   * envelope carries: `traceInjector` of `@webstreams/kinesis/metrics` makes such a function from
   * OpenTelemetry. If it throws, or its result is not valid, the value is written without a context.
   * Default: none, so no context is written.
   */
  inject?: () => TraceCarrier | undefined;
  /**
   * How a record without the envelope is read. `"accept"`: by the inner serializer, so that
   * writers can be switched to the envelope at any time. `"reject"`: it is a `DecodeError`.
   * @default {"accept"}
   */
  bare?: "accept" | "reject";
}

const BOM = 0xfeff;

/** How the data stands in an envelope: as JSON, as a JSON string, or as base64. */
export type DataForm = "json" | "text" | "base64";

/** The kind of an envelope. */
export interface Envelope<T> {
  /** For messages, for example `cloudevents`. */
  readonly name: string;
  /** The members in front of the data. Those that are `undefined` are left out. */
  readonly head: (
    value: T,
    context: TraceContext | undefined,
    form: DataForm,
  ) => Readonly<Record<string, unknown>>;
  /** Whether an object with these members is such an envelope. */
  readonly isEnvelope: (members: ReadonlyMap<string, string>) => boolean;
}

/**
 * Makes a serializer of envelopes. The data of `json` stands in the envelope as JSON, the text of
 * other serializers as a JSON string, and their bytes as `data_base64`.
 */
export function enveloped<T>(
  inner: Serializer<T>,
  { inject, bare = "accept" }: EnvelopeOptions,
  { name, head, isEnvelope }: Envelope<T>,
): SerializerProcessor<T> {
  const form = formOf(inner);
  const stringify = (value: T): string => {
    // First, so that what cannot be serialized asks for no context and no id.
    const data = form === "base64"
      ? `"data_base64":"${encodeBase64(inner.serialize(value))}"`
      : `"data":${textOf(inner, value, form)}`;
    const members = JSON.stringify(head(value, contextNow(inject), form));
    return members === "{}" ? `{${data}}` : `${members.slice(0, -1)},${data}}`;
  };
  const parse = (text: string): T => {
    // Some writers start with a byte order mark.
    const members = membersOf(
      text.charCodeAt(0) === BOM ? text.slice(1) : text,
    );
    if (!members || !isEnvelope(members)) {
      if (bare === "reject") {
        throw new TypeError(`there is no ${name} envelope`);
      }
      return inner.text
        ? inner.text.parse(text)
        : inner.deserialize(encodeUtf8(text));
    }
    const value = dataOf(inner, members, form);
    rememberTraceContext(
      value,
      validTraceContext({
        traceparent: stringOf(members.get("traceparent")),
        tracestate: stringOf(members.get("tracestate")),
      }),
    );
    return value;
  };
  return serializerProcessor({
    name: `${name}(${inner.name})`,
    serialize: (value) => encodeUtf8(stringify(value)),
    deserialize(bytes) {
      let text: string;
      try {
        text = decodeUtf8(bytes);
      } catch (error) {
        // An envelope is UTF-8, other data of the inner serializer need not be.
        if (bare === "reject") throw error;
        return inner.deserialize(bytes);
      }
      return parse(text);
    },
    text: { stringify, parse },
  }, single());
}

function formOf({ name, text }: Serializer<unknown>): DataForm {
  if (!text) return "base64";
  return name === "json" ? "json" : "text";
}

function textOf<T>(inner: Serializer<T>, value: T, form: DataForm): string {
  const text = inner.text!.stringify(value);
  return form === "json" ? text : JSON.stringify(text);
}

function contextNow(
  inject: EnvelopeOptions["inject"],
): TraceContext | undefined {
  try {
    return validTraceContext(inject?.());
  } catch {
    // Delivery must not depend on tracing.
    return undefined;
  }
}

/** The value in an envelope, also if another writer has chosen another form of its data. */
function dataOf<T>(
  inner: Serializer<T>,
  members: ReadonlyMap<string, string>,
  form: DataForm,
): T {
  const base64 = stringOf(members.get("data_base64"));
  if (base64 !== undefined) return inner.deserialize(decodeBase64(base64));
  const raw = members.get("data") ?? "null";
  if (form === "json") return inner.text!.parse(raw);
  const text = stringOf(raw) ?? raw;
  return form === "text"
    ? inner.text!.parse(text)
    : inner.deserialize(encodeUtf8(text));
}
