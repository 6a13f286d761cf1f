/**
 * Reshards and outages while a stream is in use.
 *
 * @module
 */
import { type Clock, delay } from "../../_core/clock.ts";
import type { KinesisClient } from "../../client/mod.ts";
import type { SeededChoices } from "./seeded_choices.ts";
import { merge, split } from "./reshard.ts";
import type { WireProxy } from "./wire_proxy.ts";

/** A reshard or an outage that starts when `at` values have been written. */
export interface Incident {
  readonly at: number;
  readonly type: "split" | "merge" | "gone";
  /** Duration of an outage, in milliseconds. */
  readonly ms: number;
}

/** The probability of each incident, and the longest duration of an outage, in milliseconds. */
export interface IncidentOdds {
  readonly split: number;
  readonly merge: number;
  readonly gone: number;
  readonly mostMs: number;
}

/** Draws incidents for a run of `values` values. */
export function drawIncidents(
  choices: SeededChoices,
  values: number,
  odds: IncidentOdds,
): Incident[] {
  const incidents: Incident[] = [];
  for (const type of ["split", "merge", "gone"] as const) {
    if (!choices.chance(odds[type])) continue;
    const at = choices.integer(1, values - 1);
    const ms = type === "gone" ? choices.integer(1000, odds.mostMs) : 0;
    incidents.push({ at, type, ms });
  }
  return incidents.sort((a, b) => a.at - b.at);
}

/** Starts incidents. */
export interface Incidents {
  /** Starts the incidents that are due after `count` written values. */
  reached(count: number): void;
  /** Resolves when all started incidents are over. Rejects if a reshard failed. */
  done(): Promise<void>;
}

/** Returns an object that starts incidents in the background. */
export function startIncidents(
  incidents: readonly Incident[],
  { client, streamName, proxy, clock }: {
    client: KinesisClient;
    streamName: string;
    proxy: WireProxy;
    clock: Clock;
  },
): Incidents {
  const begun: Promise<void>[] = [];
  let resharded = Promise.resolve();
  const happen = async ({ type, ms }: Incident) => {
    if (type === "gone") {
      await proxy.vanish();
      await delay(ms, { clock });
      return await proxy.appear();
    }
    // One reshard after another: a stream that is UPDATING rejects another one.
    const change = type === "split" ? split : merge;
    await (resharded = resharded.then(() => change(client, streamName)));
  };
  return {
    reached(count) {
      for (const incident of incidents) {
        if (incident.at !== count) continue;
        const over = happen(incident);
        // A failure is reported by done().
        over.catch(() => {});
        begun.push(over);
      }
    },
    async done() {
      await Promise.all(begun);
    },
  };
}
