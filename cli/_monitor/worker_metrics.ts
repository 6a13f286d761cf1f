/**
 * The Prometheus endpoint of a process that has the hooks of `metrics/`: what it says of one stream.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../../_core/clock.ts";
import type { Fetch } from "../../_core/fetch.ts";
import { Counters } from "./counters.ts";
import type { ErrorLog } from "./error_log.ts";
import { type Sample, samplesOf } from "./prometheus_text.ts";
import type { Source } from "./source.ts";
import type { WorkerView } from "./snapshot.ts";

/** An endpoint that needs longer has failed. */
const TIMEOUT_MS = 5_000;
/** The most bytes of an answer: some 100 000 series. */
const MOST_BYTES = 16 * 1024 * 1024;
/** The shard of the greatest lag where lags are not kept for each shard. */
const ALL_SHARDS = "all";
const THROTTLED = "ProvisionedThroughputExceededException";

/** What is needed to read an endpoint. */
export interface WorkerOptions {
  readonly url: URL;
  readonly source: Source;
  readonly clock: Clock;
  readonly errors: ErrorLog;
  readonly fetch: Fetch;
}

/** Reads the metrics of one process. */
export class WorkerMetrics {
  readonly #options: WorkerOptions;
  readonly #counters = new Counters();
  #lags = new Map<string, number>();
  #processingLags = new Map<string, number>();
  #rateFactors = new Map<string, number>();
  #heldShards: number | undefined;
  #bufferedValues: number | undefined;
  #errorCount = 0;
  #last: number | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** What is shown of the source. */
  get source(): Source {
    return this.#options.source;
  }

  /** The lag of each shard that it reads, in milliseconds. Empty if the endpoint fails. */
  get lags(): ReadonlyMap<string, number> {
    return this.#lags;
  }

  /** The age of the oldest value of each shard that is read and not processed, in milliseconds. */
  get processingLags(): ReadonlyMap<string, number> {
    return this.#processingLags;
  }

  /** The part of its limits that a shard gets from the producers, by its id. */
  get rateFactors(): ReadonlyMap<string, number> {
    return this.#rateFactors;
  }

  /** Records a second that it could not write, and requests that it could not make. */
  get throttles(): { readonly write?: number; readonly read?: number } {
    if (this.#options.source.state !== "on") return {};
    const rate = (key: string) => this.#counters.rate(key);
    return { write: rate("write throttles"), read: rate("read throttles") };
  }

  /** Reads the endpoint once. */
  async read(stream: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let text: string;
    try {
      text = await this.#download(signal);
    } catch (error) {
      this.#forgetShards();
      throw error;
    }
    const now = monotonicNow(clock);
    this.#counters.begin(now - (this.#last ?? now));
    this.#last = now;
    this.#take(text, stream);
    this.#findErrors();
  }

  /** What is shown of the worker. */
  view(): WorkerView {
    const counters = this.#counters;
    const { source } = this.#options;
    const isOn = source.state === "on";
    return {
      name: source.name,
      shards: [...this.#lags.keys()].filter((id) => id !== ALL_SHARDS),
      errors: this.#errorCount,
      at: source.at,
      state: source.state,
      ...(isOn && {
        heldShards: this.#heldShards,
        bufferedValues: this.#bufferedValues,
        lagMs: greatest(this.#lags),
        processingLagMs: greatest(this.#processingLags),
        readRecordsPerSecond: counters.rate("read records"),
        readBytesPerSecond: counters.rate("read bytes"),
        writtenRecordsPerSecond: counters.rate("written records"),
      }),
    };
  }

  async #download(signal: AbortSignal): Promise<string> {
    const { url, fetch } = this.#options;
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: { accept: "text/plain" },
      redirect: "error",
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`it answers with the status ${response.status}`);
    }
    const decoder = new TextDecoder();
    let text = "";
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new Error("its answer is too large");
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  }

  #take(text: string, stream: string): void {
    this.#forgetShards();
    this.#heldShards = this.#bufferedValues = undefined;
    let isKnown = false;
    for (const sample of samplesOf(text)) {
      isKnown ||= /(?:client|consumer|producer)_/.test(sample.name);
      const of = sample.labels.get("stream");
      // Metrics of the client have no stream: its process has seldom more than one.
      if (of === undefined || of === stream) this.#takeSample(sample);
    }
    if (!isKnown) {
      throw new Error("it has no metrics of this library: is it its endpoint?");
    }
  }

  #forgetShards(): void {
    this.#lags = new Map();
    this.#processingLags = new Map();
    this.#rateFactors = new Map();
  }

  /** Applications may give the names another prefix than `kinesis_`. */
  #takeSample({ name, labels, value }: Sample): void {
    const is = (suffix: string) =>
      name === suffix || name.endsWith(`_${suffix}`);
    const shard = labels.get("shard");
    const counters = this.#counters;
    if (is("consumer_lag_seconds")) {
      if (shard !== undefined) this.#lags.set(shard, value * 1000);
    } else if (is("consumer_processing_lag_seconds")) {
      if (shard !== undefined) this.#processingLags.set(shard, value * 1000);
    } else if (is("producer_rate_factor")) {
      if (shard !== undefined) this.#rateFactors.set(shard, value);
    } else if (is("consumer_held_shards")) this.#heldShards = value;
    else if (is("producer_buffered_values")) this.#bufferedValues = value;
    else if (is("consumer_records_total")) counters.add("read records", value);
    else if (is("consumer_bytes_total")) counters.add("read bytes", value);
    else if (is("producer_records_total")) {
      counters.add("written records", value);
    } else if (is("producer_failed_records_total")) {
      if (labels.get("reason") === "throttled") {
        counters.add("write throttles", value);
      } else this.#addError("producer", labels.get("code"), value);
    } else if (is("client_attempts_total")) {
      const isRead = labels.get("action") === "GetRecords";
      const isThrottle = isRead && labels.get("outcome") === THROTTLED;
      if (isRead) counters.add("read throttles", isThrottle ? value : 0);
    } else if (is("consumer_errors_total")) {
      this.#addError("consumer", labels.get("code"), value);
    } else if (is("consumer_handler_errors_total")) {
      this.#addError("handler", labels.get("then"), value);
    } else if (is("consumer_decode_errors_total")) {
      this.#addError("decoding", labels.get("decision"), value);
    }
  }

  #addError(part: string, code: string | undefined, value: number): void {
    this.#counters.add(`error ${part}: ${code ?? "error"}`, value);
  }

  #findErrors(): void {
    const { errors, clock, source } = this.#options;
    for (const key of this.#counters.keys("error ")) {
      const growth = Math.round(this.#counters.growth(key) ?? 0);
      if (growth === 0) continue;
      this.#errorCount += growth;
      errors.add(source.name, key.slice("error ".length), clock.now(), growth);
    }
  }
}

/** The greatest lag; `undefined` if none is known. */
function greatest(lags: ReadonlyMap<string, number>): number | undefined {
  return lags.size > 0 ? Math.max(...lags.values()) : undefined;
}
