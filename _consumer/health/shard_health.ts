/**
 * What one shard of this worker waits for, when it last got further, and how far behind it is.
 *
 * @module
 */
import { monotonicNow } from "../../_core/clock.ts";
import type { ShardStatus, ShardWait } from "../../health.ts";
import { momentIf } from "./moment.ts";
import type { ShardRecords } from "../reading/record_reader.ts";
import { serviceNow } from "../reading/service_now.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ShardProgress } from "../values/shard_progress.ts";
import type { ShardValues } from "../values/shard_values.ts";
import { type Stall, StallWatch } from "./stall_watch.ts";

/** The members of the status of a shard that are measured here. */
export type ShardHealthStatus = Pick<
  ShardStatus,
  | "lastRead"
  | "lastHandedOut"
  | "lastAcknowledged"
  | "waitsFor"
  | "waitingMs"
  | "processingLagMs"
>;

/** The parts of a session that are looked at. */
export interface ShardHealthParts {
  /** The records that were read. */
  readonly records: Pick<ShardRecords, "state" | "vitals" | "peek">;
  /** Hands the values out. */
  readonly values: Pick<
    ShardValues<unknown>,
    "busyWith" | "hasNext" | "opened"
  >;
  /** Follows what is acknowledged. */
  readonly progress: Pick<
    ShardProgress,
    "acknowledgements" | "handedOut" | "oldest" | "unacknowledged"
  >;
  /** Whether the acknowledgements allow that a further value is handed out. */
  readonly mayTake: () => boolean;
}

/** Looks at one session. */
export class ShardHealth {
  readonly #options: Pick<ConsumerSettings, "client" | "clock">;
  readonly #parts: ShardHealthParts;
  readonly #watch: StallWatch;

  /** Starts without a look. */
  constructor(
    options: Pick<ConsumerSettings, "client" | "clock" | "stallTimeoutMs">,
    parts: ShardHealthParts,
  ) {
    this.#options = options;
    this.#parts = parts;
    this.#watch = new StallWatch(options.stallTimeoutMs);
  }

  /** What the shard waits for; `undefined` if there is nothing to do now. */
  get waitsFor(): ShardWait | undefined {
    const { records, values, progress, mayTake } = this.#parts;
    if (values.busyWith) return values.busyWith;
    if (values.hasNext) return mayTake() ? "application" : "acknowledgements";
    const isOver = records.state === "ended" || records.state === "past-until";
    if (!isOver) return records.vitals.waitsFor;
    return progress.unacknowledged > 0 ? "acknowledgements" : undefined;
  }

  /**
   * The age of the oldest value that was read and is not acknowledged, in milliseconds; 0 if there
   * is none. `undefined` before the first answer, and if the time of the value is not known.
   *
   * Finds the value when it is asked: the values are in order, so the oldest one is the first that
   * is handed out and not acknowledged, or else the next one to hand out.
   */
  get processingLagMs(): number | undefined {
    const { records, values, progress: { oldest } } = this.#parts;
    const next = oldest ? undefined : values.opened ?? records.peek(0);
    if (!oldest && !next) {
      return records.vitals.answeredAt === undefined ? undefined : 0;
    }
    const arrival = oldest ? oldest.arrival : next?.ApproximateArrivalTimestamp;
    return arrival &&
      Math.max(0, Math.round(serviceNow(this.#options) - arrival.getTime()));
  }

  /** Looks at the shard. Returns its stall, if it is time to tell. Call it every second. */
  check(): Stall | undefined {
    this.#look();
    return this.#watch.due(monotonicNow(this.#options.clock));
  }

  /** What was measured, as of now. */
  status(): ShardHealthStatus {
    const { clock } = this.#options;
    this.#look();
    return {
      lastRead: momentIf(this.#parts.records.vitals.answeredAt, clock),
      lastHandedOut: momentIf(this.#watch.handedOutAt, clock),
      lastAcknowledged: momentIf(this.#watch.acknowledgedAt, clock),
      waitsFor: this.waitsFor,
      waitingMs: this.#watch.waitingMs(monotonicNow(clock)),
      processingLagMs: this.processingLagMs,
    };
  }

  #look(): void {
    const { records: { vitals }, progress } = this.#parts;
    this.#watch.look({
      waitsFor: this.waitsFor,
      readerSteps: vitals.steps,
      readerSince: vitals.since,
      handedOut: progress.handedOut,
      acknowledged: progress.acknowledgements,
    }, monotonicNow(this.#options.clock));
  }
}
