/**
 * Whether all hash keys of the stream are read, look after look.
 *
 * @module
 */
import { monotonicNow } from "../../_core/clock.ts";
import { notify } from "../../_core/notify.ts";
import type { Coverage } from "../../health.ts";
import {
  type CoverageView,
  type FoundProblem,
  problemsOf,
} from "./coverage.ts";
import { momentIf, momentOf } from "../health/moment.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";

/** The options that matter here. */
export type CoverageAuditOptions = Pick<
  ConsumerSettings,
  "clock" | "failoverTimeMs" | "hooks" | "instance" | "stream"
>;

/** A problem that was seen at the last look. */
interface Sighting {
  readonly problem: FoundProblem;
  /** When it was first seen, in milliseconds of the monotonic clock. */
  readonly since: number;
}

/**
 * Reports problems that last. During a reshard the pages of one list are of different moments, and
 * a lease of a dead worker is taken within 1.5 × `failoverTimeMs`. So a problem counts only if the
 * looks of 3 × `failoverTimeMs` have all shown it.
 */
export class CoverageAudit {
  readonly #options: CoverageAuditOptions;
  readonly #graceMs: number;
  #checkedAt: number | undefined;
  #seen = new Map<string, Sighting>();
  /** The keys of the problems that were reported last. */
  #reported = new Set<string>();

  /** Starts without a look. */
  constructor(options: CoverageAuditOptions) {
    this.#options = options;
    this.#graceMs = 3 * options.failoverTimeMs;
  }

  /** Compares shards and leases. Calls the hook if the lasting problems have changed. */
  look(view: CoverageView): void {
    const now = monotonicNow(this.#options.clock);
    const seen = new Map<string, Sighting>();
    const lasting = new Set<string>();
    for (const problem of problemsOf(view)) {
      const key = JSON.stringify(problem);
      const { since } = this.#seen.get(key) ?? { since: now };
      seen.set(key, { problem, since });
      if (now - since >= this.#graceMs) lasting.add(key);
    }
    this.#seen = seen;
    this.#checkedAt = now;
    const isSame = lasting.size === this.#reported.size &&
      [...lasting].every((key) => this.#reported.has(key));
    this.#reported = lasting;
    if (isSame) return;
    const { hooks, stream, instance } = this.#options;
    const { problems } = this.coverage;
    notify(hooks, "onCoverage", { stream, instance, problems });
  }

  /** What the last look has shown. */
  get coverage(): Coverage {
    const { clock } = this.#options;
    const problems = [...this.#reported].map((key) => {
      const { problem, since } = this.#seen.get(key)!;
      return { ...problem, since: momentOf(since, clock) };
    });
    return { checked: momentIf(this.#checkedAt, clock), problems };
  }
}
