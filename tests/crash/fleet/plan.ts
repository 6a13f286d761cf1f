/**
 * What happens to many workers that share a stream, and when: chosen from a seed.
 *
 * @module
 */
import { SeededChoices } from "../../chaos/seeded_choices.ts";

/** The size of a run. Times are real milliseconds. */
export interface FleetPlan {
  readonly seed: number;
  /** The number of workers when none is down. */
  readonly workers: number;
  /** The number of shards at first. */
  readonly shards: number;
  readonly records: number;
  /** How long things happen to the workers. The records are written during this time. */
  readonly durationMs: number;
  /** `failoverTimeMs` of the workers, in real time. */
  readonly failoverMs: number;
  /** How many times as fast as real time the clocks of server and workers run. */
  readonly speed: number;
}

/** One event. `slot` is the place of a worker, from 0. */
export type FleetEvent =
  & {
    /** When it happens, in milliseconds from the start. */
    readonly atMs: number;
  }
  & (
    /** A new process takes the place, under the name of the earlier one or a new name. */
    | {
      readonly type: "start";
      readonly slot: number;
      readonly newName: boolean;
    }
    /** SIGKILL, SIGSTOP, SIGCONT, SIGTERM. */
    | {
      readonly type: "kill" | "freeze" | "thaw" | "stop";
      readonly slot: number;
    }
    /** The store is killed, and started again after this time. */
    | { readonly type: "outage"; readonly forMs: number }
    | { readonly type: "split" | "merge" }
  );

/** What is dealt again and again, each time in another order. */
const DECK = [
  ...["kill", "kill", "zombie", "zombie", "nap", "stop", "stop"],
  ...["outage", "split", "merge"],
] as const;
type Card = (typeof DECK)[number];

/** So many workers are always running, so that one of them can take the leases of the others. */
const LEAST_RUNNING = 2;

/**
 * The events of a plan in the order of their times. All workers run at the start, and again when the
 * last event is over. Every kind of event occurs if there is time for one deck.
 */
export function eventsOf(plan: FleetPlan): FleetEvent[] {
  const choices = new SeededChoices(plan.seed);
  const F = plan.failoverMs;
  const between = (least: number, most: number) =>
    Math.round(least + choices.random() * (most - least));
  const events: FleetEvent[] = [];
  /** From when on each slot is running. */
  const runningFrom = Array.from({ length: plan.workers }, () => 0);
  let deck: Card[] = [];
  for (
    let atMs = between(F, 1.5 * F);
    atMs < plan.durationMs;
    atMs += between(0.1 * F, 0.9 * F)
  ) {
    if (deck.length === 0) deck = shuffle(DECK, choices);
    const running = runningFrom.flatMap((from, slot) =>
      from < atMs ? [slot] : []
    );
    const mayLose = running.length > LEAST_RUNNING;
    const at = deck.findIndex((card) => mayLose || !takesWorker(card));
    if (at < 0) continue;
    const [card] = deck.splice(at, 1);
    const slot = choices.pick(running);
    switch (card!) {
      case "kill":
      case "stop": {
        const again = atMs + between(0.3 * F, 2 * F);
        events.push({ atMs, type: card as "kill" | "stop", slot });
        const newName = choices.chance(0.5);
        events.push({ atMs: again, type: "start", slot, newName });
        runningFrom[slot] = again;
        break;
      }
      case "zombie":
      case "nap": {
        const isNap = card === "nap";
        const until = atMs +
          between(
            ...isNap ? [0.1 * F, 0.8 * F] as const : [1.5 * F, 3 * F] as const,
          );
        events.push({ atMs, type: "freeze", slot });
        events.push({ atMs: until, type: "thaw", slot });
        runningFrom[slot] = until;
        break;
      }
      case "outage":
        events.push({ atMs, type: "outage", forMs: between(0.1 * F, 0.9 * F) });
        break;
      case "split":
      case "merge":
        events.push({ atMs, type: card as "split" | "merge" });
    }
  }
  return events.sort((a, b) => a.atMs - b.atMs);
}

function takesWorker(card: Card): boolean {
  return !["outage", "split", "merge"].includes(card);
}

function shuffle<I>(items: readonly I[], choices: SeededChoices): I[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = choices.integer(0, i);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}
