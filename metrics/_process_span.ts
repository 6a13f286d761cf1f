/**
 * The spans of calls of a handler, and how they point to the spans that have written the values.
 *
 * @module
 */
import type { OptionCheck } from "../_core/option_check.ts";
import { type TraceCarrier, traceContextOf } from "../processors/mod.ts";
import type { DecodedRecord } from "../records.ts";
import { type Place, spanAttributesOf } from "./_messaging.ts";
import type {
  OpenTelemetryApi,
  TelemetryLink,
  TelemetrySpanContext,
  TelemetrySpanOptions,
} from "./_open_telemetry_api.ts";
import { spanNameOf } from "./_ended_span.ts";

/** Options of the spans of handlers. */
export interface ProcessSpanOptions {
  /**
   * The name of the application that reads, for `messaging.consumer.group.name`: for example the
   * `name` of the checkpointer. Default: none.
   */
  consumerGroup?: string;
  /**
   * Finds the context of the span that has written a value. Default: the context in the envelope of
   * the value, see `traceContextOf`.
   */
  traceContext?: (record: DecodedRecord<unknown>) => TraceCarrier | undefined;
  /**
   * How the span of a call for one value belongs to the span that has written the value. `false`:
   * it begins a trace and has a link. `true`: it continues the trace, as a child, so that one trace
   * shows both; a trace may then last for days. A call for several values always has links. It needs
   * the module of the API itself, with `ROOT_CONTEXT` and `trace.setSpanContext`.
   * @default {false}
   */
  continueTrace?: boolean;
}

/** The names of these options. */
export const PROCESS_SPAN_OPTIONS = [
  "consumerGroup",
  "traceContext",
  "continueTrace",
];

/** The facts of a span that is not started. */
export interface PlannedSpan {
  readonly name: string;
  readonly options: TelemetrySpanOptions;
  /** The context of its parent, if it has one. */
  readonly parent: unknown;
}

const CONSUMER = 4;

/** Checks the options. `check` words the errors. */
export function checkProcessSpanOptions(
  check: OptionCheck,
  api: OpenTelemetryApi,
  options: ProcessSpanOptions,
): void {
  check.text("consumerGroup", options.consumerGroup);
  check.type("traceContext", options.traceContext, "function");
  check.type("continueTrace", options.continueTrace, "boolean");
  const canContinue = api.ROOT_CONTEXT !== undefined &&
    typeof api.trace?.setSpanContext === "function";
  if (options.continueTrace && !canContinue) {
    throw new TypeError(
      check.refusal(
        "'continueTrace' needs an 'api' with ROOT_CONTEXT and trace.setSpanContext",
      ),
    );
  }
}

/** Plans the spans of a handler. */
export class ProcessSpans {
  readonly #api: OpenTelemetryApi;
  readonly #options: ProcessSpanOptions;

  /** Uses checked options. */
  constructor(api: OpenTelemetryApi, options: ProcessSpanOptions) {
    this.#api = api;
    this.#options = options;
  }

  /** The span of a call. `isBatch` says that the handler takes several values. */
  plan(
    records: readonly DecodedRecord<unknown>[],
    place: Place,
    isBatch: boolean,
  ): PlannedSpan {
    const group = this.#options.consumerGroup;
    const attributes = spanAttributesOf("process", { ...place, group });
    const links = this.#linksTo(records, isBatch);
    if (isBatch) attributes["messaging.batch.message_count"] = records.length;
    else attributes["messaging.message.id"] = records[0]!.sequenceNumber;
    const name = spanNameOf("process", place.stream);
    const options = { kind: CONSUMER, attributes };
    const [link] = links;
    if (this.#options.continueTrace && records.length === 1 && link) {
      const { trace, ROOT_CONTEXT } = this.#api;
      const parent = trace!.setSpanContext!(ROOT_CONTEXT, link.context);
      return { name, options, parent };
    }
    return {
      name,
      options: { ...options, links, root: true },
      parent: undefined,
    };
  }

  /** One link for each span that has written some of the values. */
  #linksTo(
    records: readonly DecodedRecord<unknown>[],
    isBatch: boolean,
  ): TelemetryLink[] {
    const { traceContext = ({ value }) => traceContextOf(value) } =
      this.#options;
    const links: TelemetryLink[] = [];
    const linked = new Set<string>();
    for (const record of records) {
      const carrier = traceContext(record);
      const context = carrier && this.#spanContextOf(carrier);
      if (!context || linked.has(context.spanId)) continue;
      linked.add(context.spanId);
      const attributes = { "messaging.message.id": record.sequenceNumber };
      links.push(isBatch ? { context, attributes } : { context });
    }
    return links;
  }

  #spanContextOf(carrier: TraceCarrier): TelemetrySpanContext | undefined {
    const { traceparent, tracestate } = carrier;
    if (typeof traceparent !== "string") return undefined;
    const [, traceId = "", spanId = "", flags = ""] = traceparent.split("-");
    if (!isId(traceId, 32) || !isId(spanId, 16)) return undefined;
    const context: TelemetrySpanContext = {
      traceId,
      spanId,
      traceFlags: parseInt(flags, 16) & 1,
      isRemote: true,
    };
    if (typeof tracestate === "string" && this.#api.createTraceState) {
      context.traceState = this.#api.createTraceState(tracestate);
    }
    return context;
  }
}

function isId(text: string, digits: number): boolean {
  return text.length === digits && /^[0-9a-f]+$/.test(text) &&
    !/^0+$/.test(text);
}
