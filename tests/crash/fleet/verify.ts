/**
 * What many workers promise together, checked against what a run has left behind.
 *
 * @module
 */
import { LeaseChain } from "./lease_chain.ts";
import { LifeCheck } from "./life_check.ts";
import { Noise } from "./noise.ts";
import type { FleetOutcome, Life } from "./outcome.ts";
import { ShardValues } from "./shard_values.ts";
import { SAMPLE_MS, spreadOf } from "./table_watch.ts";

/** The figures of a run. Times are in milliseconds. */
export interface FleetFigures {
  readonly seed: number;
  readonly values: number;
  readonly shards: number;
  readonly processes: number;
  readonly kills: number;
  /** Processes that were frozen for longer than the failover time. */
  readonly zombies: number;
  readonly stops: number;
  readonly outages: number;
  readonly takes: number;
  readonly lost: number;
  /** Values that were processed again, each time counted. */
  readonly repeated: number;
  /** Those that a worker processed after another one had taken the lease. */
  readonly late: number;
  /** Most time from the loss of a lease, or the end of a freeze after it, to the last value. */
  readonly latestMs: number;
  /** Writes that the store refused because another worker had taken the lease. */
  readonly refused: number;
  /** Longest time in which no worker wrote the lease of a shard. */
  readonly longestGapMs: number;
  /** The same, without outages of the store and delays of the machine. */
  readonly longestQuietGapMs: number;
  /** From the last event until the workers held equally many shards. */
  readonly balancedMs: number | undefined;
  readonly spread: number;
}

/** The broken promises, none if all is well, and the figures. */
export function verifyFleet(
  outcome: FleetOutcome,
): { faults: string[]; figures: FleetFigures } {
  const { lives, plan } = outcome;
  const faults: string[] = [];
  const fault = (text: string) => void faults.push(text);
  const noise = new Noise(outcome);
  const chains = LeaseChain.ofAll(lives);
  for (const chain of chains.values()) faults.push(...chain.faults);
  const values = new Map(
    [...chains.keys(), ...outcome.stored.keys()].map((shardId) => [
      shardId,
      new ShardValues(outcome.stored.get(shardId) ?? []),
    ]),
  );
  const times = new Map(
    [...values].map(([id, { count }]) => [id, new Uint16Array(count)]),
  );
  // A worker learns of its loss with its next write at the latest.
  const mostLateMs = plan.failoverMs / 3 + SAMPLE_MS;
  const mayBeLate = (_: Life, from: number, to: number) =>
    noise.quietMs(from, to) <= mostLateMs;
  const checks = lives.map((life, index) =>
    new LifeCheck({ chains, values, times, mayBeLate, fault }, life, index)
  );
  for (const check of checks) check.run();
  checkMoves(chains, values, fault);
  checkParents(outcome, chains, fault);
  const { lost, repeated } = count(values, times, fault);
  const gaps = checkGaps(outcome, noise, fault);
  checkEnds(outcome, noise, fault);
  return {
    faults,
    figures: {
      ...eventsIn(outcome),
      ...{ seed: plan.seed, lost, repeated, ...gaps },
      shards: values.size,
      values: sum([...values.values()].map(({ count }) => count)),
      takes: sum(
        [...chains.values()].map(({ certain }) =>
          certain.filter(({ write }) => write === "take").length
        ),
      ),
      late: sum(checks.map(({ lateValues }) => lateValues)),
      latestMs: Math.round(Math.max(...checks.map(({ latestMs }) => latestMs))),
      refused: sum(checks.map(({ refusedLate }) => refusedLate)),
    },
  };
}

type Fault = (text: string) => void;
type Chains = ReadonlyMap<string, LeaseChain>;
type Values = ReadonlyMap<string, ShardValues>;

function eventsIn({ lives, outages, plan, quietAt, ...outcome }: FleetOutcome) {
  const { balancedAt, loads } = outcome;
  const isZombie = ({ frozen }: Life) =>
    frozen.some(([from, to]) => to - from > plan.failoverMs);
  return {
    processes: lives.length,
    kills: lives.filter(({ killedAt }) => killedAt !== undefined).length,
    zombies: lives.filter(isZombie).length,
    stops: lives.filter(({ stoppedAt }) => stoppedAt !== undefined).length,
    outages: outages.length,
    balancedMs: balancedAt && Math.round(balancedAt - quietAt),
    spread: spreadOf(loads),
  };
}

/** A checkpoint never moves back. */
function checkMoves(chains: Chains, values: Values, fault: Fault): void {
  for (const [shardId, { certain }] of chains) {
    let before = 0;
    for (const { checkpoint, counter } of certain) {
      const covered = values.get(shardId)!.coveredBy(shardId, checkpoint!);
      if (covered < before) {
        fault(
          `${shardId}: the checkpoint has moved back with the counter ${counter}`,
        );
      }
      before = covered;
    }
  }
}

/** A child is taken only when its parents are finished. */
function checkParents(
  { parents }: FleetOutcome,
  chains: Chains,
  fault: Fault,
): void {
  for (const [child, ofChild] of parents) {
    const taken = chains.get(child)?.certain[0]?.acceptedAt ?? Infinity;
    for (const parent of ofChild) {
      const end = chains.get(parent)?.upTo(Infinity).find(({ checkpoint }) =>
        checkpoint?.type === "SHARD_END"
      );
      if (end && end.askedAt <= taken) continue;
      fault(`${child} was taken before its parent ${parent} was finished`);
    }
  }
}

function count(
  values: Values,
  times: ReadonlyMap<string, Uint16Array>,
  fault: Fault,
): { lost: number; repeated: number } {
  let lost = 0;
  let repeated = 0;
  for (const [shardId, ofShard] of times) {
    ofShard.forEach((count, place) => {
      repeated += Math.max(0, count - 1);
      if (count > 0) return;
      lost++;
      fault(`${values.get(shardId)!.idAt(place)} was not processed`);
    });
  }
  return { lost, repeated };
}

/** No shard is without a worker for longer than 2 × the failover time. */
function checkGaps(
  { plan, stills }: FleetOutcome,
  noise: Noise,
  fault: Fault,
): { longestGapMs: number; longestQuietGapMs: number } {
  const bound = 2 * plan.failoverMs + 2 * SAMPLE_MS;
  let longestGapMs = 0;
  let longestQuietGapMs = 0;
  for (const { shardId, owner, from, to } of stills) {
    const quietMs = Math.round(noise.quietMs(from, to));
    longestGapMs = Math.max(longestGapMs, Math.round(to - from));
    longestQuietGapMs = Math.max(longestQuietGapMs, quietMs);
    if (quietMs <= bound) continue;
    fault(
      `${shardId} had no worker for ${quietMs} ms; its lease was that of ` +
        `${owner ?? "no worker"}`,
    );
  }
  return { longestGapMs, longestQuietGapMs };
}

/** How the processes ended, and what they left. */
function checkEnds(outcome: FleetOutcome, noise: Noise, fault: Fault): void {
  outcome.lives.forEach(({ workerId, killedAt, stoppedAt, exit }, index) => {
    const name = `${workerId} (process ${index})`;
    if (killedAt !== undefined) return;
    if (!exit) return fault(`${name} has not ended`);
    if (stoppedAt === undefined) {
      return fault(`${name} ended by itself with the code ${exit.code}`);
    }
    // While the store is down, close() rejects: the progress could not be stored.
    const mayFail = noise.hasOutage(stoppedAt, exit.at);
    if (exit.code !== 0 && !mayFail) {
      fault(
        `${name} ended with the code ${exit.code} when it was told to stop`,
      );
    }
  });
  const spread = spreadOf(outcome.loads);
  if (spread > 1) {
    fault(
      `the workers hold ${JSON.stringify(outcome.loads)} shards at the end`,
    );
  }
  for (const shardId of outcome.heldAtEnd) {
    fault(`${shardId} has an owner after all workers were stopped`);
  }
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
