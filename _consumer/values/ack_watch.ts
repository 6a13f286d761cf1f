/**
 * Measures for how long the oldest value of a shard has not been acknowledged.
 *
 * @module
 */
import { monotonicNow } from "../../_core/clock.ts";
import { notify } from "../../_core/notify.ts";
import type { OldestUnacknowledged } from "../../health.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ShardProgress, Ticket } from "./shard_progress.ts";

/**
 * The hook is called when a value has this age in milliseconds, and at 2, 4, 8… times this age.
 */
const REPORT_MS = 60_000;

/** The options that matter here. */
export type AckWatchOptions = Pick<
  ConsumerSettings,
  "acknowledgeTimeoutMs" | "clock" | "hooks" | "stream"
>;

/**
 * Measures the age by looking at the oldest value every few seconds. Storing a time with each
 * value would cost more than handing the value out.
 */
export class AckWatch {
  readonly #shardId: string;
  readonly #progress: Pick<ShardProgress, "oldest" | "unacknowledged">;
  readonly #options: AckWatchOptions;
  /** The oldest value at the last look. */
  #ticket: Ticket | undefined;
  #since = 0;
  #reportAtMs = REPORT_MS;

  /** Starts without a look. */
  constructor(
    shardId: string,
    progress: Pick<ShardProgress, "oldest" | "unacknowledged">,
    options: AckWatchOptions,
  ) {
    this.#shardId = shardId;
    this.#progress = progress;
    this.#options = options;
  }

  /** The oldest value that is not acknowledged, if there is one. */
  get oldest(): OldestUnacknowledged | undefined {
    const { oldest } = this.#progress;
    if (!oldest) return undefined;
    const { sequenceNumber, subSequenceNumber } = oldest;
    const ageMs = oldest === this.#ticket ? this.#ageMs : 0;
    return subSequenceNumber === undefined
      ? { sequenceNumber, ageMs }
      : { sequenceNumber, subSequenceNumber, ageMs };
  }

  /**
   * Looks at the oldest value, and calls the hook if it is time to. Returns the value if
   * `acknowledgeTimeoutMs` is over. Call it every few seconds.
   */
  check(): OldestUnacknowledged | undefined {
    this.#look();
    const { oldest } = this;
    if (!oldest) return undefined;
    const { acknowledgeTimeoutMs, hooks, stream } = this.#options;
    if (oldest.ageMs >= this.#reportAtMs) {
      this.#reportAtMs *= 2;
      const { unacknowledged } = this.#progress;
      const shardId = this.#shardId;
      const event = { stream, shardId, unacknowledged, ...oldest };
      notify(hooks, "onUnacknowledged", event);
    }
    return oldest.ageMs >= acknowledgeTimeoutMs ? oldest : undefined;
  }

  #look(): void {
    const { oldest } = this.#progress;
    if (oldest === this.#ticket) return;
    this.#ticket = oldest;
    this.#since = monotonicNow(this.#options.clock);
    this.#reportAtMs = REPORT_MS;
  }

  get #ageMs(): number {
    return monotonicNow(this.#options.clock) - this.#since;
  }
}
