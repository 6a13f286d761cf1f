/**
 * The rules for the workers that hold in every run.
 *
 * @module
 */
import type { Entry } from "./journal.ts";
import type { Plan, Shape } from "./plan.ts";
import type { Add } from "./problem.ts";
import type { Outcome } from "./run.ts";
import { placeOf, ShardBook } from "./shard_book.ts";

/** What one life reads of one shard between opening and closing it. */
class Reading {
  /** The last value of each group that was seen. */
  readonly last = new Map<string, number>();
  readonly seen = new Map<number, number>();
  /** The number of values before the checkpoint of the lease. */
  start = 0;
  /** Whether the lease was passed on to another worker. */
  isPassed = false;
}

/** The rules for the workers. */
export class ReadingRules {
  readonly #plan: Plan;
  readonly #outcome: Outcome;
  readonly #add: Add;
  readonly books: ReadonlyMap<string, ShardBook>;
  readonly shapes = new Map<string, Shape>();
  readonly workers = new Map<string, string>();
  readonly killed = new Map<string, number>();
  readonly #ended = new Set<string>();
  readonly #readings = new Map<string, Reading>();
  /** How far each shard may be read again: up to the highest checkpoint ever. */
  readonly #firstDone = new Map<string, { n: number; id: string }>();
  readonly doneBy = new Map<string, string[]>();
  /** The worker that a lease was passed to and that has not taken it yet, by shard. */
  readonly #passed = new Map<string, string>();
  /** The shards that have a lease. */
  readonly #created = new Set<string>();
  /** The shards that each life reads, as it says. */
  readonly #open = new Map<string, Set<string>>();
  readonly #frozen = new Set<string>();
  /** Whether a worker has processed values in an order of its own. */
  #unordered = false;
  readonly #copies = new Map<string, number>();

  constructor(plan: Plan, outcome: Outcome, add: Add) {
    this.#plan = plan;
    this.#outcome = outcome;
    this.#add = add;
    this.books = new Map(
      outcome.stored.map((stored) => [stored.shardId, new ShardBook(stored)]),
    );
  }

  /** Follows the journal. */
  check(): void {
    for (const entry of this.#outcome.journal.entries) this.#follow(entry);
  }

  #follow(entry: Entry): void {
    switch (entry.type) {
      case "started": {
        this.workers.set(entry.life, entry.worker);
        const index = Number(/^w(\d+)/.exec(entry.worker)![1]);
        this.shapes.set(entry.life, this.#plan.workers[index]!.shape);
        return;
      }
      case "killed":
        return void this.killed.set(entry.life, entry.at);
      case "ended":
        return void this.#ended.add(entry.life);
      case "created":
        return void this.#created.add(entry.shardId);
      case "released":
        return this.#gaveBack(entry);
      case "closed":
        return void this.#open.get(entry.life)?.delete(entry.shardId);
      case "frozen":
        return void this.#frozen.add(entry.life);
      case "taken":
        return this.#taken(entry);
      case "opened":
        return this.#opened(entry);
      case "checkpoint":
        return this.#checkpointed(entry);
      case "seen":
        return this.#seen(entry);
      case "done":
        return this.#done(entry);
    }
  }

  #book(shardId: string): ShardBook {
    return this.books.get(shardId)!;
  }

  #reading(life: string, shardId: string): Reading {
    const key = `${life} ${shardId}`;
    const known = this.#readings.get(key);
    if (known) return known;
    const fresh = new Reading();
    this.#readings.set(key, fresh);
    return fresh;
  }

  #taken(entry: Entry & { type: "taken" }): void {
    const { life, shardId, at, before, owner, requestedBy, idleMs } = entry;
    const book = this.#book(shardId);
    const start = book.covered(entry.checkpoint);
    if (start < book.checkpoint) {
      this.#add(
        "a lease has lost its checkpoint",
        `${life} took ${shardId} at ${start}, the checkpoint was ${book.checkpoint}`,
        at,
      );
    }
    for (const parent of book.stored.parentShardIds) {
      const isFinished = this.books.get(parent)?.finishedAt !== undefined;
      if (isFinished) continue;
      this.#add(
        "a child was taken before its parent was finished",
        `${life} took ${shardId} before ${parent} was finished`,
        at,
      );
    }
    if (owner !== this.workers.get(life)) return this.#passedOn(entry);
    for (const [other, shards] of this.#open) {
      if (other === life || !shards.has(shardId)) continue;
      if (this.killed.has(other) || this.#frozen.has(other)) continue;
      this.#add(
        "a shard was taken while another worker read it",
        `${life} took ${shardId}, which ${other} still read`,
        at,
      );
    }
    const reading = new Reading();
    reading.start = start;
    this.#readings.set(`${life} ${shardId}`, reading);
    const { profile, failoverTimeMs } = this.#plan;
    const isGentle = profile === "calm" || profile === "clocks" ||
      profile === "stuck";
    // A lease that was passed to this worker has its name already.
    const isReceived = this.#passed.get(shardId) === owner && before === owner;
    this.#passed.delete(shardId);
    // A worker that asks for a lease takes it if the holder cannot finish in time.
    const isOverdue = profile === "stuck" && requestedBy === owner;
    if (
      isGentle && before !== undefined && !isReceived && !isOverdue &&
      this.#runs(before)
    ) {
      this.#add(
        "the lease of a living worker was taken",
        `${life} took ${shardId} of ${before}, which was alive`,
        at,
      );
    }
    const isEarly = profile === "kills" && before !== undefined &&
      before !== owner && requestedBy !== owner && idleMs < failoverTimeMs - 1;
    if (isEarly) {
      this.#add(
        "a lease was taken before it had expired",
        `${life} took ${shardId} of ${before} after ${idleMs} ms`,
        at,
      );
    }
  }

  /** Whether a worker of this name runs. */
  #runs(worker: string): boolean {
    for (const [life, name] of this.workers) {
      if (name !== worker) continue;
      if (!this.#ended.has(life) && !this.killed.has(life)) return true;
    }
    return false;
  }

  /** A holder has made another worker the holder. */
  #passedOn({ life, shardId, owner }: Entry & { type: "taken" }): void {
    this.#passed.set(shardId, owner);
    this.#gaveBack({ life, shardId });
  }

  /** The holder hands out nothing more, also if it does not know yet that the store has agreed. */
  #gaveBack({ life, shardId }: { life: string; shardId: string }): void {
    this.#open.get(life)?.delete(shardId);
    this.#reading(life, shardId).isPassed = true;
  }

  #opened({ life, shardId, at }: Entry & { type: "opened" }): void {
    const book = this.#book(shardId);
    book.openedAt ??= at;
    const open = this.#open.get(life) ?? new Set();
    this.#open.set(life, open.add(shardId));
    for (const parent of book.stored.parentShardIds) {
      const isDone = this.books.get(parent)?.isDone ?? true;
      if (isDone) continue;
      this.#add(
        "a child was opened before its parent was processed",
        `${life} opened ${shardId} before ${parent} was processed`,
        at,
      );
    }
    const { start } = this.#reading(life, shardId);
    const fresh = new Reading();
    fresh.start = start;
    this.#readings.set(`${life} ${shardId}`, fresh);
  }

  #checkpointed(entry: Entry & { type: "checkpoint" }): void {
    const { life, shardId, checkpoint, isAccepted, at } = entry;
    const book = this.#book(shardId);
    const covered = book.covered(checkpoint);
    for (let index = 0; index < covered; index++) {
      if (book.done.has(index)) continue;
      this.#add(
        "a checkpoint passes a value that is not processed",
        `${life} stores ${checkpoint.type} for ${shardId}, which covers ${
          book.stored.values[index]!.item.id
        }, and that is not processed`,
        at,
      );
      break;
    }
    if (!isAccepted) return;
    if (covered < book.checkpoint) {
      this.#add(
        "a checkpoint went back",
        `${life} set ${shardId} from ${book.checkpoint} back to ${covered}`,
        at,
      );
    }
    book.checkpoint = covered;
    if (checkpoint.type !== "SHARD_END") return;
    book.finishedAt ??= at;
    for (const child of this.books.values()) {
      const { shardId: id, parentShardIds } = child.stored;
      if (!parentShardIds.includes(shardId) || this.#created.has(id)) continue;
      this.#add(
        "a shard was finished before its child had a lease",
        `${life} finished ${shardId} before ${id} had a lease`,
        at,
      );
    }
  }

  #seen(entry: Entry & { type: "seen" }): void {
    const { life, place: { shardId }, id, attempt, at } = entry;
    const book = this.#book(shardId);
    const index = book.indexes.get(placeOf(entry.place));
    if (index === undefined) {
      this.#add("a value came from nowhere", `${life} got ${id}`, at);
      return;
    }
    const reading = this.#reading(life, shardId);
    if (index < reading.start) {
      this.#add(
        "a value before the checkpoint was read again",
        `${life} got ${id}, which lies before the checkpoint of ${shardId}`,
        at,
      );
    }
    if (reading.isPassed) {
      this.#add(
        "a value was handed out after the lease was given back",
        `${life} got ${id} after it had given ${shardId} back`,
        at,
      );
    }
    const shape = this.shapes.get(life)!;
    const before = reading.seen.get(index);
    // A value comes again only for its next attempt.
    if (before !== undefined && attempt <= before) {
      this.#add(
        "a value came twice to one reader",
        `${life} got ${id} twice`,
        at,
      );
    }
    reading.seen.set(index, attempt);
    if (shape === "process-none") return;
    const group = shape === "process-key"
      ? book.stored.values[index]!.item.key
      : "";
    const last = reading.last.get(group) ?? -1;
    if (before === undefined && index < last) {
      this.#add("values came out of order", `${life} got ${id} late`, at);
    }
    reading.last.set(group, Math.max(last, index));
  }

  #done(entry: Entry & { type: "done" }): void {
    const { life, place, id, at } = entry;
    const book = this.#book(place.shardId);
    const index = book.indexes.get(placeOf(place));
    if (index === undefined) return;
    const isFirst = !book.done.has(index);
    book.done.add(index);
    const key = placeOf(place);
    const lives = this.doneBy.get(key);
    if (lives) lives.push(life);
    else this.doneBy.set(key, [life]);
    const { item } = book.stored.values[index]!;
    const shape = this.shapes.get(life)!;
    if (!isFirst || this.#plan.producer.ordering === "none") return;
    if (shape === "process-none" || shape === "reader") {
      this.#unordered = true;
    }
    const before = this.#firstDone.get(item.key);
    if (!this.#unordered && before && before.n > item.n && before.id !== id) {
      // A copy of a value, whose first copy was processed before.
      if (!this.#isFirstCopy(item.id)) return;
      this.#add(
        "the values of a key were processed out of order",
        `${life} processed ${id} (${item.key} ${item.n}) after ${before.n}`,
        at,
      );
    }
    if (!before || before.n < item.n) {
      this.#firstDone.set(item.key, { n: item.n, id });
    }
    this.#copies.set(id, (this.#copies.get(id) ?? 0) + 1);
  }

  #isFirstCopy(id: string): boolean {
    return !this.#copies.has(id);
  }
}
