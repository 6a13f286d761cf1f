/**
 * A model of workers that share shards: only leases, loads and looks, without streams and stores.
 *
 * @module
 */
import { Balance } from "../../../_consumer/leases/balance.ts";
import { chooseClaims } from "../../../_consumer/leases/claims.ts";
import { weightsOf } from "../../../_consumer/leases/weights.ts";
import type { Lease, LeaseLoad } from "../../../checkpoint/mod.ts";

/** The time between two looks of a worker, and the least time between two moves by load, in ms. */
export const LOOK_MS = 5000;
const FAILOVER_MS = 10_000;
/** The time constant of the noise, in milliseconds: measured loads are averages of a minute. */
const NOISE_MS = 60_000;

/** Options of a {@linkcode Fleet}. */
export interface FleetOptions {
  /** The records per second of each shard. */
  readonly rates: readonly number[];
  /** The names of the first workers. */
  readonly workers: readonly string[];
  /**
   * The largest deviation of a measured load, as a part of it.
   * @default {0}
   */
  readonly noise?: number;
  /**
   * Whether loads are measured.
   * @default {true}
   */
  readonly measured?: boolean;
  /**
   * The time between asking for a lease and having it, in milliseconds.
   * @default {0}
   */
  readonly handoffMs?: number;
  /** A number in [0, 1). */
  readonly random: () => number;
}

interface Shard {
  readonly id: string;
  rate: number;
  /** Between -1 and 1. */
  deviation: number;
  owner: string | undefined;
  requestedBy: string | undefined;
  passesAt: number;
}

interface Worker {
  readonly name: string;
  readonly balance: Balance;
  nextLook: number;
}

/** Workers, shards, and the moves of leases between living workers. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #shards: Shard[];
  readonly #byId: ReadonlyMap<string, Shard>;
  #workers: Worker[] = [];
  #now = 0;
  #moves = 0;
  #movedAt = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#shards = options.rates.map((rate, n) => ({
      id: `shard-${n}`,
      rate,
      deviation: 0,
      owner: undefined,
      requestedBy: undefined,
      passesAt: 0,
    }));
    this.#byId = new Map(this.#shards.map((shard) => [shard.id, shard]));
    for (const name of options.workers) this.join(name);
  }

  /** Leases that went from one living worker to another. */
  get moves(): number {
    return this.#moves;
  }

  /** When the last lease changed hands, in milliseconds since the start. */
  get movedAt(): number {
    return this.#movedAt;
  }

  get now(): number {
    return this.#now;
  }

  /** The shards that no living worker holds. */
  get free(): number {
    return this.#shards.filter(({ owner }) => !this.#isAlive(owner)).length;
  }

  /** The number of shards of each worker. */
  get counts(): number[] {
    return this.#workers.map(({ name }) => this.#of(name).length);
  }

  /** The number of shards of one worker. */
  count(name: string): number {
    return this.#of(name).length;
  }

  /** The records per second of each worker, without noise. */
  get loads(): number[] {
    return this.#workers.map(({ name }) =>
      this.#of(name).reduce((sum, { rate }) => sum + rate, 0)
    );
  }

  /** The load of the busiest worker, divided by the mean. */
  get peak(): number {
    const { loads } = this;
    const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
    return Math.max(...loads) / mean;
  }

  /** The true weights of the shards of each worker, and their sum. */
  get burdens(): { weights: number[]; total: number }[] {
    const weightOf = weightsOf(this.#shards.map((it) => this.#leaseOf(it, 0)));
    return this.#workers.map(({ name }) => {
      const weights = this.#of(name).map((shard) =>
        weightOf(this.#leaseOf(shard, 0)).total
      );
      return { weights, total: weights.reduce((sum, it) => sum + it, 0) };
    });
  }

  setRate(shard: number, rate: number): void {
    this.#shards[shard]!.rate = rate;
  }

  /** A worker starts. One whose name begins with "kcl" counts leases, and stores no records/s. */
  join(name: string): void {
    const nextLook = this.#now + this.#options.random() * LOOK_MS;
    const balance = new Balance({ failoverTimeMs: FAILOVER_MS });
    this.#workers.push({ name, balance, nextLook });
  }

  /** A worker dies. Its leases count as expired at once. */
  die(name: string): void {
    this.#workers = this.#workers.filter((worker) => worker.name !== name);
  }

  /** Runs for some time. */
  run(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      let next = this.#workers[0]!;
      for (const it of this.#workers) {
        if (it.nextLook < next.nextLook) next = it;
      }
      if (next.nextLook > end) break;
      this.#pass(next.nextLook);
      if (isKcl(next.name)) this.#lookAsKcl(next.name);
      else this.#look(next);
      next.nextLook += LOOK_MS;
    }
    this.#pass(end);
  }

  #pass(now: number): void {
    const { noise = 0, random } = this.#options;
    const kept = Math.exp((this.#now - now) / NOISE_MS);
    this.#now = now;
    for (const shard of this.#shards) {
      if (shard.requestedBy && shard.passesAt <= now) {
        this.#give(shard, shard.requestedBy);
        shard.requestedBy = undefined;
      }
      if (noise === 0) continue;
      // A walk towards a new random value each time; its mean is 0 and it never leaves [-1, 1].
      const step = Math.min(1, Math.sqrt(1 - kept * kept) * 1.5);
      shard.deviation += step * (2 * random() - 1 - shard.deviation);
    }
  }

  #look(worker: Worker): void {
    const { random, handoffMs = 0 } = this.#options;
    const leases = this.#shards.map((shard) => this.#leaseOf(shard));
    const mine = (lease: Lease) => lease.owner === worker.name;
    const asked = this.#shards.filter(({ requestedBy }) =>
      requestedBy === worker.name
    );
    const balance = worker.balance.look(
      leases.filter((it) => !mine(it) && this.#isAlive(it.owner)),
      this.#now,
    );
    const { take, isForLoad, ...chosen } = chooseClaims({
      workerId: worker.name,
      leases,
      isExpired: ({ owner }) => owner !== undefined && !this.#isAlive(owner),
      isResumable: () => true,
      working: new Set(leases.filter(mine).map(({ shardId }) => shardId)),
      taking: new Set(),
      asked: new Set(asked.map(({ id }) => id)),
      room: Infinity,
      isLeftOver: () => false,
      ...balance,
      random,
    });
    const isPaused = balance.isCalm || asked.length > 0;
    const isSteady = worker.balance.isSteady(isForLoad, isPaused, this.#now);
    const ask = isForLoad && !isSteady ? [] : chosen.ask;
    for (const { shardId } of take) {
      this.#give(this.#shard(shardId), worker.name);
    }
    for (const { shardId } of ask) {
      worker.balance.noteAsked(this.#now);
      const shard = this.#shard(shardId);
      this.#moves++;
      if (handoffMs === 0) this.#give(shard, worker.name);
      else {
        shard.requestedBy = worker.name;
        shard.passesAt = this.#now + handoffMs * random();
      }
    }
  }

  /**
   * What a worker of the KCL does.
   *
   * @see {@link https://github.com/awslabs/amazon-kinesis-client/blob/v2.7.3/amazon-kinesis-client/src/main/java/software/amazon/kinesis/leases/dynamodb/DynamoDBLeaseTaker.java}
   */
  #lookAsKcl(name: string): void {
    const target = Math.ceil(this.#shards.length / this.#workers.length);
    const missing = target - this.count(name);
    if (missing <= 0) return;
    const free = this.#shards.filter(({ owner }) => !this.#isAlive(owner));
    for (const shard of free.slice(0, missing)) this.#give(shard, name);
    if (free.length > 0) return;
    const most = this.#workers.map((it) => this.#of(it.name))
      .reduce((a, b) => b.length > a.length ? b : a);
    const surplus = Math.min(missing, most.length - target);
    if (surplus <= 0 && (missing < 2 || most.length < target)) return;
    this.#moves++;
    const index = Math.floor(this.#options.random() * most.length);
    this.#give(most[index]!, name);
  }

  #give(shard: Shard, name: string): void {
    if (!this.#isAlive(name)) return;
    shard.owner = name;
    this.#movedAt = this.#now;
  }

  #leaseOf(
    { id, owner, requestedBy, rate, deviation }: Shard,
    noise = this.#options.noise ?? 0,
  ): Lease {
    const { measured = true } = this.#options;
    const recordsPerSecond = rate * (1 + noise * deviation);
    const load: LeaseLoad = {
      recordsPerSecond: isKcl(owner) ? undefined : recordsPerSecond,
      bytesPerSecond: 1000 * recordsPerSecond,
      millisBehindLatest: 0,
    };
    return {
      streamName: "s",
      shardId: id,
      owner,
      requestedBy,
      counter: 0,
      checkpoint: { type: "TRIM_HORIZON" },
      parentShardIds: [],
      load: measured ? load : undefined,
    };
  }

  #shard(id: string): Shard {
    return this.#byId.get(id)!;
  }

  #of(name: string): Shard[] {
    return this.#shards.filter(({ owner }) => owner === name);
  }

  #isAlive(name: string | undefined): boolean {
    return this.#workers.some((worker) => worker.name === name);
  }
}

function isKcl(name: string | undefined): boolean {
  return name?.startsWith("kcl") === true;
}

/** Loads as they often are: the n-th busiest shard has 1 / n^exponent of the busiest one. */
export function zipf(
  shards: number,
  exponent: number,
  busiest: number,
  random: () => number,
): number[] {
  const rates = Array.from(
    { length: shards },
    (_, n) => busiest / (n + 1) ** exponent,
  );
  for (let i = rates.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [rates[i], rates[j]] = [rates[j]!, rates[i]!];
  }
  return rates;
}

/** Random numbers that a seed determines. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6D2B79F5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
