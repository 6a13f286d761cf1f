/**
 * What happens to a stream and to the way to it while it is used.
 *
 * @module
 */
import { type Clock, delay } from "../../_core/clock.ts";
import type { KinesisClient } from "../../client/mod.ts";
import type { Dice } from "./dice.ts";
import { merge, split } from "./reshard.ts";
import type { WireProxy } from "./wire_proxy.ts";

/** Something that happens when so many values have been written. */
export interface Incident {
  readonly at: number;
  readonly type: "split" | "merge" | "gone";
  /** How long the endpoint is gone, in milliseconds. */
  readonly ms: number;
}

/** How likely each is, and how long the endpoint is gone at most, in milliseconds. */
export interface IncidentOdds {
  readonly split: number;
  readonly merge: number;
  readonly gone: number;
  readonly mostMs: number;
}

/** Draws incidents for a number of values. */
export function drawIncidents(
  dice: Dice,
  values: number,
  odds: IncidentOdds,
): Incident[] {
  const incidents: Incident[] = [];
  for (const type of ["split", "merge", "gone"] as const) {
    if (!dice.chance(odds[type])) continue;
    const at = dice.integer(1, values - 1);
    const ms = type === "gone" ? dice.integer(1000, odds.mostMs) : 0;
    incidents.push({ at, type, ms });
  }
  return incidents.sort((a, b) => a.at - b.at);
}

/** Makes incidents happen. */
export interface Incidents {
  /** So many values have been written. */
  reached(count: number): void;
  /** Resolves when everything that has begun is over; rejects if the stream could not be resharded. */
  done(): Promise<void>;
}

/** Waits for the counts of the incidents; none of them holds up whoever reaches it. */
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
    // One after another, as the service wants it.
    const change = type === "split" ? split : merge;
    await (resharded = resharded.then(() => change(client, streamName)));
  };
  return {
    reached(count) {
      for (const incident of incidents) {
        if (incident.at !== count) continue;
        const over = happen(incident);
        // Heard by whoever awaits that all of them are over.
        over.catch(() => {});
        begun.push(over);
      }
    },
    async done() {
      await Promise.all(begun);
    },
  };
}
