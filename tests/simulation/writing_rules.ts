/**
 * The rules for the producer.
 *
 * @module
 */
import type { Entry, Item } from "./journal.ts";
import type { Plan } from "./plan.ts";
import type { Add } from "./problem.ts";
import type { Outcome } from "./run.ts";
import type { StoredValue } from "./truth.ts";

/** The rules for the producer: each value has one outcome, and a key keeps its order. */
export class WritingRules {
  readonly #plan: Plan;
  readonly #outcome: Outcome;
  readonly #add: Add;

  constructor(plan: Plan, outcome: Outcome, add: Add) {
    this.#plan = plan;
    this.#outcome = outcome;
    this.#add = add;
  }

  check(): void {
    const add = this.#add;
    const { journal: { entries }, stored } = this.#outcome;
    const items = new Map<string, Item>();
    const ends = new Map<string, Entry["type"]>();
    const killedLives = this.#killedWriters(entries);
    const byId = new Map<string, StoredValue[]>();
    const all = stored.flatMap(({ values }) => values);
    for (const value of all) {
      const same = byId.get(value.item.id);
      if (same) same.push(value);
      else byId.set(value.item.id, [value]);
    }
    for (const entry of entries) {
      if (entry.type === "put") items.set(entry.item.id, entry.item);
      const isEnd = entry.type === "acknowledged" ||
        entry.type === "rejected" || entry.type === "buried";
      if (!isEnd) continue;
      const { id, at } = entry;
      // A dead letter rejects its `put` as well.
      if (ends.get(id) === "acknowledged" || ends.get(id) === entry.type) {
        add(
          "a value has two outcomes",
          `${id}: ${ends.get(id)}, ${entry.type}`,
          at,
        );
      }
      ends.set(id, entry.type);
      if (entry.type !== "acknowledged") continue;
      const { shardId, sequenceNumber } = entry;
      const place = shardId ? `${shardId}/${sequenceNumber}/` : "";
      const isThere = byId.get(id)?.some((it) => it.place.startsWith(place));
      if (!isThere) {
        add(
          "an acknowledged value is not stored",
          `${id} was acknowledged at ${place} and is not there`,
          at,
        );
      }
    }
    for (const [id, item] of items) {
      if (!ends.has(id) && !killedLives.has(id.split("/")[0]!)) {
        add("a value has no outcome", `${id} has no outcome`);
      }
      for (const { item: found } of byId.get(id) ?? []) {
        if (found.text === item.text && found.key === item.key) continue;
        add("a value was changed", `${id} was changed`);
      }
    }
    for (const id of byId.keys()) {
      if (!items.has(id)) {
        add("a stored value was never put", `${id} is stored`);
      }
    }
    if (this.#plan.rules.length === 0 && this.#plan.staleLists === 0) {
      for (const [id, copies] of byId) {
        if (copies.length > 1) {
          add(
            "a value is stored twice without a fault",
            `${id} is stored twice`,
          );
        }
      }
    }
    if (this.#plan.producer.ordering !== "none") this.#checkOrder(all, ends);
  }

  #checkOrder(
    all: readonly StoredValue[],
    ends: ReadonlyMap<string, Entry["type"]>,
  ): void {
    const last = new Map<string, Item>();
    const seen = new Set<string>();
    for (const { item } of all) {
      if (seen.has(item.id)) continue;
      seen.add(item.id);
      // Given up, but stored: no later value waited for it.
      if (ends.get(item.id) !== "acknowledged") continue;
      const before = last.get(item.key);
      if (before && before.n > item.n) {
        this.#add(
          "a key is stored out of order",
          `${item.id} (${item.key} ${item.n}) came behind ${before.n}`,
        );
      }
      last.set(item.key, item);
    }
  }

  #killedWriters(entries: readonly Entry[]): Set<string> {
    const lives = new Set<string>();
    for (const entry of entries) {
      if (entry.type === "writer-killed") lives.add(entry.life);
    }
    return lives;
  }
}
