/**
 * The rules that every run must keep.
 *
 * @module
 */
import { KinesisError, ProcessingError } from "../../errors.ts";
import type { Checkpoint } from "../../records.ts";
import type { Entry, Item } from "./journal.ts";
import { type Plan, type Shape, STUCK_SHARD } from "./plan.ts";
import { checkQueue } from "./queue_verify.ts";
import type { Outcome } from "./run.ts";
import type { StoredShard, StoredValue } from "./truth.ts";

/** A broken rule. `rule` is the same for the same kind of failure, and `what` tells the details. */
export interface Problem {
  readonly rule: string;
  readonly what: string;
  readonly at: number;
}

/** What is added to a bound, in milliseconds: the ways of requests, and the pauses of loops. */
const SLACK_MS = 2500;
/** A child is opened so long after its parents are finished, in milliseconds, without faults. */
const CHILD_MS = 10_000;
/** A value is processed so long after it was written, in milliseconds, if nothing disturbs. */
const LAG_MS = 15_000;
/** The default of the option `handoffTimeoutMs`. */
const HANDOFF_MS = 30_000;

/** Finds the rules that were broken, in the order of time. */
export function verify(plan: Plan, outcome: Outcome): Problem[] {
  const problems: Problem[] = [];
  const add = (rule: string, what: string, at = outcome.virtualMs) =>
    void problems.push({ rule, what, at });
  for (const entry of outcome.journal.entries) {
    if (entry.type === "problem") {
      add(
        entry.what.replaceAll(/[\w.-]*\d[\w.-]*/g, "#"),
        entry.what,
        entry.at,
      );
    } else if (entry.type === "stale-write") {
      add(
        "a write with an old counter was accepted",
        `the store accepted a write of ${entry.life} for ${entry.shardId} with an old counter`,
        entry.at,
      );
    }
  }
  new Producing(plan, outcome, add).check();
  if (plan.profile === "queue") checkQueue(plan, outcome, add);
  else new Consuming(plan, outcome, add).check();
  return problems.sort((a, b) => a.at - b.at);
}

/** Adds a broken rule. */
export type Add = (rule: string, what: string, at?: number) => void;

/** The rules for the producer. */
class Producing {
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

/** A shard, and how far it is processed at one moment of the journal. */
class Book {
  readonly stored: StoredShard;
  readonly indexes: ReadonlyMap<string, number>;
  readonly done = new Set<number>();
  /** Number of values up to the last accepted checkpoint. */
  checkpoint = 0;
  openedAt: number | undefined;
  finishedAt: number | undefined;

  constructor(stored: StoredShard) {
    this.stored = stored;
    this.indexes = new Map(stored.values.map(({ place }, i) => [place, i]));
  }

  get isDone(): boolean {
    return this.done.size === this.stored.values.length;
  }

  /** How many values a checkpoint covers. */
  covered(checkpoint: Checkpoint): number {
    const { values } = this.stored;
    if (checkpoint.type === "SHARD_END") return values.length;
    if (checkpoint.type !== "SEQUENCE") return 0;
    const { sequenceNumber, subSequenceNumber = Infinity } = checkpoint;
    const number = BigInt(sequenceNumber);
    let covered = 0;
    for (const value of values) {
      const difference = BigInt(value.sequenceNumber) - number;
      const isCovered = difference < 0n ||
        difference === 0n && value.subSequenceNumber <= subSequenceNumber;
      if (!isCovered) break;
      covered++;
    }
    return covered;
  }
}

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
class Consuming {
  readonly #plan: Plan;
  readonly #outcome: Outcome;
  readonly #add: Add;
  readonly #books: ReadonlyMap<string, Book>;
  readonly #shapes = new Map<string, Shape>();
  readonly #workers = new Map<string, string>();
  readonly #killed = new Map<string, number>();
  readonly #ended = new Set<string>();
  readonly #readings = new Map<string, Reading>();
  /** How far each shard may be read again: up to the highest checkpoint ever. */
  readonly #firstDone = new Map<string, { n: number; id: string }>();
  readonly #doneBy = new Map<string, string[]>();
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
    this.#books = new Map(
      outcome.stored.map((stored) => [stored.shardId, new Book(stored)]),
    );
  }

  check(): void {
    for (const entry of this.#outcome.journal.entries) this.#follow(entry);
    const { profile } = this.#plan;
    const isGentle = profile === "calm" || profile === "clocks";
    if (isGentle) this.#checkOnce();
    if (isGentle) this.#checkLag();
    if (profile === "stuck") this.#checkStuck();
    if (profile !== "storm" && profile !== "producer") this.#checkChildren();
    if (profile === "kills") this.#checkTakeovers();
    checkErrors(this.#plan, this.#outcome, this.#add);
    this.#checkEffects();
  }

  #follow(entry: Entry): void {
    switch (entry.type) {
      case "started": {
        this.#workers.set(entry.life, entry.worker);
        const index = Number(/^w(\d+)/.exec(entry.worker)![1]);
        this.#shapes.set(entry.life, this.#plan.workers[index]!.shape);
        return;
      }
      case "killed":
        return void this.#killed.set(entry.life, entry.at);
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

  #book(shardId: string): Book {
    return this.#books.get(shardId)!;
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
      const isFinished = this.#books.get(parent)?.finishedAt !== undefined;
      if (isFinished) continue;
      this.#add(
        "a child was taken before its parent was finished",
        `${life} took ${shardId} before ${parent} was finished`,
        at,
      );
    }
    if (owner !== this.#workers.get(life)) return this.#passedOn(entry);
    for (const [other, shards] of this.#open) {
      if (other === life || !shards.has(shardId)) continue;
      if (this.#killed.has(other) || this.#frozen.has(other)) continue;
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
    for (const [life, name] of this.#workers) {
      if (name !== worker) continue;
      if (!this.#ended.has(life) && !this.#killed.has(life)) return true;
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
      const isDone = this.#books.get(parent)?.isDone ?? true;
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
    for (const child of this.#books.values()) {
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
    const shape = this.#shapes.get(life)!;
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
    const lives = this.#doneBy.get(key);
    if (lives) lives.push(life);
    else this.#doneBy.set(key, [life]);
    const { item } = book.stored.values[index]!;
    const shape = this.#shapes.get(life)!;
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

  /** Without faults, no value is processed twice. */
  #checkOnce(): void {
    const fails = this.#plan.workers.some(({ failRate }) => failRate > 0);
    if (fails) return;
    for (const [place, lives] of this.#doneBy) {
      if (lives.length === 1) continue;
      // A reader that has acknowledged nothing yet is not waited for when its consumer closes.
      if (this.#shapes.get(lives[0]!) === "reader") continue;
      this.#add(
        "a value was processed twice without a fault",
        `${place} was processed by ${lives.join(" and ")}`,
      );
    }
  }

  /** Without faults, each value is processed soon. */
  #checkLag(): void {
    if (this.#isSlow()) return;
    const stopsAt = this.#stopsAt;
    for (const entry of this.#outcome.journal.entries) {
      if (entry.type !== "done" || entry.at > stopsAt) continue;
      this.#checkLagOf(entry, LAG_MS);
    }
  }

  /** When a worker is stopped for the first time. Before that, all shards are read all the time. */
  get #stopsAt(): number {
    const { incidents, finish, durationMs } = this.#plan;
    return incidents.find(({ type }) => type === "stop")?.at ??
      (finish === "caught-up" ? durationMs : Infinity);
  }

  #checkLagOf(entry: Entry & { type: "done" }, most: number): void {
    const book = this.#book(entry.place.shardId);
    const index = book.indexes.get(placeOf(entry.place));
    if (index === undefined) return;
    const arrived = book.stored.values[index]!.arrivedAt - START;
    const lag = entry.at - arrived;
    if (lag <= most) return;
    this.#add(
      "a value came late without a fault",
      `${entry.life} processed ${entry.id} of ${entry.place.shardId} ${
        Math.round(lag)
      } ms after it was written`,
      entry.at,
    );
  }

  #isSlow(): boolean {
    const { workers, producer } = this.#plan;
    return workers.some(({ handlerMs }) => handlerMs > 50) ||
      producer.values > 200;
  }

  /** A handler that hangs delays its own shard only. */
  #checkStuck(): void {
    if (this.#isSlow()) return;
    const { entries } = this.#outcome.journal;
    const healed = entries.find(({ type }) => type === "healed")?.at ?? 0;
    const affected = new Set<string>();
    for (const { shardId, values, parentShardIds } of this.#outcome.stored) {
      const isStuck = this.#plan.stuck === "reads"
        ? shardId === STUCK_SHARD
        : values.some(({ item }) => item.key === "p1-1");
      const isAffected = isStuck ||
        parentShardIds.some((id) => affected.has(id));
      if (isAffected) affected.add(shardId);
    }
    for (const { shardId, values } of this.#outcome.stored) {
      if (affected.has(shardId)) continue;
      for (const { place, arrivedAt, item } of values) {
        const by = arrivedAt - START + HANDOFF_MS + LAG_MS;
        if (by > healed) continue;
        const done = this.#doneAt.get(place);
        if (done !== undefined && done <= by) continue;
        this.#add(
          "a shard waits for another one that is stuck",
          `${item.id} of ${shardId} waits although another shard is stuck`,
          by,
        );
      }
    }
  }

  get #doneAt(): Map<string, number> {
    const doneAt = new Map<string, number>();
    for (const entry of this.#outcome.journal.entries) {
      if (entry.type !== "done") continue;
      const place = placeOf(entry.place);
      if (!doneAt.has(place)) doneAt.set(place, entry.at);
    }
    return doneAt;
  }

  /** The children of a reshard are opened soon after their parents are finished. */
  #checkChildren(): void {
    const { failoverTimeMs, profile } = this.#plan;
    for (const book of this.#books.values()) {
      const { parentShardIds, shardId } = book.stored;
      if (parentShardIds.length === 0) continue;
      const ends = parentShardIds.map((id) => this.#book(id).finishedAt);
      const last = Math.max(...ends.map((end) => end ?? Infinity));
      const bound = profile === "kills"
        ? CHILD_MS + 2 * failoverTimeMs
        : CHILD_MS;
      const openedAt = book.openedAt ?? this.#outcome.virtualMs;
      // A worker that stops hands its shards over, which takes time.
      if (last + bound > this.#stopsAt || openedAt <= last + bound) continue;
      this.#add(
        "a child was opened late",
        `${shardId} was opened at ${book.openedAt}, its parents were finished at ${last}`,
        last + bound,
      );
    }
  }

  /** The leases of a worker that was killed are taken within 2 × failoverTimeMs. */
  #checkTakeovers(): void {
    const { entries } = this.#outcome.journal;
    const { failoverTimeMs } = this.#plan;
    for (const [life, killedAt] of this.#killed) {
      const held = new Map<string, boolean>();
      const worker = this.#workers.get(life);
      for (const entry of entries) {
        if (entry.at > killedAt) break;
        if (entry.type === "taken") {
          held.set(entry.shardId, entry.owner === worker);
        } else if (entry.type === "released") held.delete(entry.shardId);
        else if (
          entry.type === "checkpoint" && entry.isAccepted &&
          entry.checkpoint.type === "SHARD_END"
        ) held.delete(entry.shardId);
      }
      const most = 2 * failoverTimeMs + SLACK_MS;
      for (const [shardId, isHeld] of held) {
        if (!isHeld) continue;
        const taken = entries.find((entry) =>
          entry.type === "taken" && entry.shardId === shardId &&
          entry.at > killedAt
        );
        const end = taken?.at ?? this.#outcome.virtualMs;
        if (end - killedAt <= most) continue;
        if (!this.#othersRun(life, killedAt, killedAt + most)) continue;
        this.#add(
          "the lease of a dead worker was taken late",
          `${shardId} of ${life} was taken ${
            Math.round(end - killedAt)
          } ms after the worker was killed`,
          killedAt + most,
        );
      }
    }
  }

  /** Whether another worker runs in this whole time. */
  #othersRun(life: string, from: number, to: number): boolean {
    const started = new Set<string>();
    for (const entry of this.#outcome.journal.entries) {
      if (entry.type === "started" && entry.at < from) started.add(entry.life);
      if (entry.type === "killed" || entry.type === "ended") {
        if (entry.at < to) started.delete(entry.life);
      }
    }
    started.delete(life);
    return started.size > 0;
  }

  /** Effects that are stored with their position are there exactly once. */
  #checkEffects(): void {
    const counts = new Map<string, number>();
    for (const id of this.#outcome.effects) {
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    const copies = new Map<string, number>();
    for (const { values } of this.#outcome.stored) {
      for (const { item: { id } } of values) {
        copies.set(id, (copies.get(id) ?? 0) + 1);
      }
    }
    for (const [id, count] of counts) {
      if (count <= copies.get(id)!) continue;
      this.#add("an effect is there twice", `${id} has ${count} effects`);
    }
    const done = new Map<string, Set<string>>();
    for (const entry of this.#outcome.journal.entries) {
      if (
        entry.type === "done" && this.#shapes.get(entry.life) === "commit"
      ) {
        const places = done.get(entry.id) ?? new Set();
        done.set(entry.id, places.add(placeOf(entry.place)));
      }
    }
    for (const id of done.keys()) {
      if (counts.has(id)) continue;
      this.#add("an effect is missing", `${id} is processed without effect`);
    }
  }
}

/** The virtual clock starts at this time, in milliseconds since the epoch. */
const START = 1_700_000_000_000;

/** No program fails but for the faults of the plan. */
export function checkErrors(plan: Plan, outcome: Outcome, add: Add): void {
  const isRough = plan.profile === "storm" || plan.profile === "queue";
  for (const error of outcome.errors) {
    if (isRough && isPassing(error)) continue;
    add("a consumer has failed", `a consumer has failed: ${error}`);
  }
}

/** Whether an error is one that ends by itself. */
function isPassing(error: unknown): boolean {
  if (error instanceof ProcessingError) return isPassing(error.cause);
  return error instanceof KinesisError &&
      (error.retryable || error.code === "CheckpointFailed") ||
    error instanceof Error && error.message.includes("(planned)");
}

function placeOf(
  { shardId, sequenceNumber, subSequenceNumber }: {
    shardId: string;
    sequenceNumber: string;
    subSequenceNumber: number;
  },
): string {
  return `${shardId}/${sequenceNumber}/${subSequenceNumber}`;
}
