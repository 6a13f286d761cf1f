/**
 * All writes of the lease of one shard, put together from the logs of all workers. The store adds 1
 * to the counter with each write, so the counters are the order of the writes, without any clock.
 *
 * @module
 */
import type { Checkpoint } from "../../../records.ts";
import type { FleetLine } from "./log.ts";
import type { Life } from "./outcome.ts";

/** A write that has happened, or may have. */
export interface ChainWrite {
  /** The index of the process. */
  readonly life: number;
  /** The call of that process. */
  readonly call: number;
  readonly write: Extract<FleetLine, { type: "asked" }>["write"];
  /** The counter after the write. */
  readonly counter: number;
  /** The new owner, of a take. */
  readonly owner?: string;
  /** What the write stored, or what was stored already. `undefined` if not known. */
  readonly checkpoint?: Checkpoint;
  readonly askedAt: number;
  /** When the answer arrived. `undefined` if none did, so the write may have happened or not. */
  readonly acceptedAt?: number;
}

/** The writes of each shard, by counter. */
export class LeaseChain {
  readonly #shardId: string;
  readonly #lives: readonly Life[];
  readonly #certain: readonly ChainWrite[];
  readonly #byCounter = new Map<number, ChainWrite>();
  /** Writes without an answer at counters where no other write was accepted. */
  readonly #possible = new Map<number, ChainWrite[]>();
  readonly #faults: string[] = [];

  private constructor(
    shardId: string,
    lives: readonly Life[],
    writes: readonly ChainWrite[],
  ) {
    this.#shardId = shardId;
    this.#lives = lives;
    this.#certain = writes.filter((write) => write.acceptedAt !== undefined)
      .sort((a, b) => a.counter - b.counter);
    for (const write of this.#certain) this.#add(write);
    for (const write of writes) {
      const { counter } = write;
      if (this.#byCounter.has(counter)) continue;
      const possible = this.#possible.get(counter);
      if (possible) possible.push(write);
      else this.#possible.set(counter, [write]);
    }
    this.#checkOwners();
  }

  /** The chains of all shards. */
  static ofAll(lives: readonly Life[]): Map<string, LeaseChain> {
    const writes = new Map<string, ChainWrite[]>();
    lives.forEach(({ lines }, life) => {
      for (const [shardId, write] of writesOf(lines, life)) {
        const ofShard = writes.get(shardId);
        if (ofShard) ofShard.push(write);
        else writes.set(shardId, [write]);
      }
    });
    return new Map(
      [...writes].map((
        [shardId, ofShard],
      ) => [shardId, new LeaseChain(shardId, lives, ofShard)]),
    );
  }

  /** What contradicts the promises of a lease. */
  get faults(): readonly string[] {
    return this.#faults;
  }

  /** The writes that were accepted, in their order. */
  get certain(): readonly ChainWrite[] {
    return this.#certain;
  }

  /** The accepted write with this counter. */
  at(counter: number): ChainWrite | undefined {
    return this.#byCounter.get(counter);
  }

  /** The writes up to this counter, also those that may not have happened. */
  upTo(counter: number): ChainWrite[] {
    const possible = [...this.#possible.values()].flat();
    return [...this.#certain, ...possible]
      .filter((write) => write.counter <= counter);
  }

  /** The first take behind this counter by another process, or by the same one again. */
  takenAfter(counter: number): ChainWrite | undefined {
    return this.#certain.find((write) =>
      write.write === "take" && write.counter > counter
    );
  }

  /** Whether a process may hold the lease at this counter. */
  mayHold(life: number, counter: number): boolean {
    const { workerId } = this.#lives[life]!;
    const write = this.at(counter);
    const writes = write ? [write] : this.#possible.get(counter) ?? [];
    return writes.some(({ write, owner }) =>
      write === "take" && owner === workerId
    );
  }

  #add(write: ChainWrite): void {
    const other = this.#byCounter.get(write.counter);
    if (other) {
      this.#fault(
        `two writes were accepted with the counter ${write.counter}, of ` +
          `${this.#nameOf(other)} and of ${this.#nameOf(write)}`,
      );
    } else this.#byCounter.set(write.counter, write);
  }

  /** Follows the owners along the counters. */
  #checkOwners(): void {
    let owner: string | undefined;
    let isKnown = true;
    const last = this.#certain.at(-1)?.counter ?? 0;
    for (let counter = 1; counter <= last; counter++) {
      const write = this.at(counter);
      if (!write) {
        // One of the writes without an answer has happened: which one is not known.
        if (this.#possible.has(counter)) isKnown = false;
        else {this.#fault(
            `no worker has made the write with the counter ${counter}`,
          );}
        continue;
      }
      const { workerId } = this.#lives[write.life]!;
      if (write.write === "take") owner = write.owner;
      else if (isKnown && owner !== workerId) {
        this.#fault(
          `a ${write.write} of ${
            this.#nameOf(write)
          } was accepted with the counter ` +
            `${counter}, while the lease was that of ${owner ?? "no worker"}`,
        );
        continue;
      } else owner = write.write === "release" ? undefined : workerId;
      isKnown = true;
    }
  }

  #nameOf({ life }: ChainWrite): string {
    return `${this.#lives[life]!.workerId} (process ${life})`;
  }

  #fault(text: string): void {
    this.#faults.push(`${this.#shardId}: ${text}`);
  }
}

/** The writes of a process that were accepted or have no answer, with their shards. */
function writesOf(
  lines: readonly FleetLine[],
  life: number,
): [shardId: string, write: ChainWrite][] {
  const writes = new Map<number, [string, ChainWrite]>();
  for (const line of lines) {
    if (line.type === "asked") {
      const { call, write, owner, checkpoint, at } = line;
      const counter = line.counter + 1;
      writes.set(call, [
        line.shardId,
        { life, call, write, counter, owner, checkpoint, askedAt: at },
      ]);
    } else if (line.type === "refused") writes.delete(line.call);
    else if (line.type === "accepted") {
      const { call, counter, checkpoint, at: acceptedAt } = line;
      const [shardId, asked] = writes.get(call)!;
      writes.set(call, [shardId, {
        ...asked,
        counter,
        checkpoint,
        acceptedAt,
      }]);
    }
  }
  return [...writes.values()];
}
