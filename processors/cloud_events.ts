/**
 * CloudEvents, which carry the trace context beside each value.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { type DataForm, enveloped, type EnvelopeOptions } from "./_envelope.ts";
import type { Serializer, SerializerProcessor } from "./serializer.ts";

/** The value of an attribute of an event. */
export type CloudEventAttribute = string | number | boolean;

/** Options of {@linkcode cloudEvents}. */
export interface CloudEventsOptions<T> extends EnvelopeOptions {
  /** Where the events come from, a URI reference: `"/shop/orders"`. */
  source: string;
  /** What has happened: `"com.example.order.created"`, or a function of the value. */
  type: string | ((value: T) => string);
  /**
   * The id of an event: unique among those of the `source`. Default: a random UUID for each value.
   */
  id?: (value: T) => string;
  /**
   * Further attributes, such as `subject` and `time`. Their names have lower-case letters and digits
   * only; their values are texts, booleans, or integers of 32 bits. Default: none.
   */
  attributes?: (
    value: T,
  ) => Readonly<Record<string, CloudEventAttribute | undefined>>;
}

const OPTIONS = ["inject", "bare", "source", "type", "id", "attributes"];
/** Attributes that the envelope itself writes. */
const OWN = new Set([
  "specversion",
  "id",
  "source",
  "type",
  "datacontenttype",
  "traceparent",
  "tracestate",
  "data",
  "data_base64",
]);
const CONTENT_TYPES: Readonly<Record<DataForm, string>> = {
  json: "application/json",
  text: "text/plain",
  base64: "application/octet-stream",
};

/**
 * Writes each value as a CloudEvent 1.0 in the structured JSON format, and reads the value out of
 * it. The trace context is in the attributes `traceparent` and `tracestate` of the Distributed
 * Tracing extension. {@linkcode traceContextOf} returns the context of a value that was read.
 *
 * The data of `json()` stands in `data` as JSON, that of other text serializers as a JSON string,
 * and bytes stand as base64 in `data_base64`. An event without data is read as the JSON `null`. A
 * context that is missing or not valid never costs the value. An object is an event if it has a
 * `specversion`. The attributes of an event are not returned: to get them, read with
 * `json<CloudEvent>()` of a type of your own.
 *
 * @throws {TypeError} if `inner` is no serializer, `source` or `type` is missing, or an option is
 * wrong
 *
 * @example
 * ```ts
 * import { cloudEvents, json } from "@webstreams/kinesis/processors";
 * import { assertEquals } from "@std/assert";
 *
 * const orders = cloudEvents(json<{ id: number }>(), {
 *   source: "/shop",
 *   type: "order.created",
 *   id: ({ id }) => `${id}`,
 *   attributes: ({ id }) => ({ subject: `order-${id}` }),
 * });
 * const text = orders.text!.stringify({ id: 7 });
 * assertEquals(JSON.parse(text), {
 *   specversion: "1.0",
 *   id: "7",
 *   source: "/shop",
 *   type: "order.created",
 *   subject: "order-7",
 *   datacontenttype: "application/json",
 *   data: { id: 7 },
 * });
 * assertEquals(orders.text!.parse(text), { id: 7 });
 * ```
 */
export function cloudEvents<T>(
  inner: Serializer<T>,
  options: CloudEventsOptions<T>,
): SerializerProcessor<T> {
  const check = new OptionCheck("Cannot use cloudEvents");
  check.methods("inner", inner ?? null, "serialize", "deserialize");
  check.object("options", options ?? null, OPTIONS);
  const { source, type, id = () => crypto.randomUUID(), attributes } = options;
  check.text("source", source ?? null);
  if (typeof type !== "function") check.text("type", type ?? null);
  check.type("id", id, "function");
  check.type("attributes", attributes, "function");
  check.type("inject", options.inject, "function");
  check.choice("bare", options.bare, ["accept", "reject"], undefined);
  return enveloped(inner, options, {
    name: "cloudevents",
    head: (value, context, form) => ({
      specversion: "1.0",
      id: textOf("id", id(value)),
      source,
      type: textOf("type", typeof type === "function" ? type(value) : type),
      ...checked(attributes?.(value)),
      datacontenttype: CONTENT_TYPES[form],
      ...context,
    }),
    isEnvelope: (members) => members.has("specversion"),
  });
}

function textOf(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError(`the attribute '${name}' must be a text, not empty`);
}

function checked(
  attributes: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> | undefined {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (OWN.has(name) || !/^[a-z0-9]+$/.test(name)) {
      throw new TypeError(
        `the attribute '${name}' must have lower-case letters and digits only, ` +
          "and none of the names that the envelope writes",
      );
    }
    const isAllowed = value === undefined || typeof value === "string" ||
      typeof value === "boolean" || value === Number(value) >> 0;
    if (!isAllowed) {
      throw new TypeError(
        `the attribute '${name}' must be a text, a boolean or an integer of 32 bits`,
      );
    }
  }
  return attributes;
}
