/**
 * The trace context of values: which trace wrote them.
 *
 * @module
 */

/**
 * The context of a trace, in the form of W3C Trace Context (https://www.w3.org/TR/trace-context/).
 */
export interface TraceContext {
  /**
   * Trace and span: `00-`, 32 hexadecimal digits, `-`, 16 digits, `-`, 2 digits of flags. Example:
   * `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
   */
  readonly traceparent: string;
  /** What single tracing systems add: `vendor=value`, separated by commas. */
  readonly tracestate?: string;
}

/** What may be a context: the carrier of an OpenTelemetry propagator is one. */
export interface TraceCarrier {
  /** As in {@linkcode TraceContext}. */
  readonly traceparent?: unknown;
  /** As in {@linkcode TraceContext}. */
  readonly tracestate?: unknown;
}

/** Version, trace, span, flags, and what later versions add. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[\x21-\x7e]*)?$/;
/** Printable ASCII. 512 characters is the length that every system has to pass on. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

const contexts = /* @__PURE__ */ new WeakMap<object, TraceContext>();

/**
 * The trace context that came with a value, in the envelope of {@linkcode traceEnvelope} or
 * {@linkcode cloudEvents}. `undefined` if it had none, or none that is valid. It belongs to the
 * object that was read: texts, numbers and other values that are no objects have none, and a copy
 * has none.
 */
export function traceContextOf(value: unknown): TraceContext | undefined {
  return isObject(value) ? contexts.get(value) : undefined;
}

/** Remembers the context of a value that was read. */
export function rememberTraceContext(
  value: unknown,
  context: TraceContext | undefined,
): void {
  if (context && isObject(value)) contexts.set(value, context);
}

/**
 * The context of a carrier, without its other members. `undefined` if its `traceparent` is missing
 * or not valid. A `tracestate` that is not valid is left out.
 */
export function validTraceContext(
  carrier: TraceCarrier | undefined,
): TraceContext | undefined {
  const { traceparent, tracestate } = carrier ?? {};
  if (typeof traceparent !== "string") return undefined;
  const match = TRACEPARENT.exec(traceparent);
  // Only later versions may have further parts.
  if (!match || match[1] === "00" && match[2] !== undefined) return undefined;
  return typeof tracestate === "string" && TRACESTATE.test(tracestate)
    ? { traceparent, tracestate }
    : { traceparent };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null ||
    typeof value === "function";
}
