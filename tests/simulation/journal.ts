/**
 * What happens in a simulation, in the order in which it happens.
 *
 * @module
 */
import type { Checkpoint } from "../../records.ts";

/** A value that is written. */
export interface Item {
  readonly id: string;
  readonly key: string;
  /** Rises along the values of one key and one life of the producer. */
  readonly n: number;
  readonly text: string;
}

/** The position of a value. */
export interface Position {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
}

/** The events, without their times. `life` is one life of a worker or producer. */
export type Happening =
  | { readonly type: "incident"; readonly what: string }
  | { readonly type: "started"; readonly life: string; readonly worker: string }
  | { readonly type: "killed"; readonly life: string }
  | { readonly type: "frozen"; readonly life: string }
  | { readonly type: "ended"; readonly life: string; readonly error?: string }
  | { readonly type: "writer-killed"; readonly life: string }
  /** A value is given to the producer. */
  | { readonly type: "put"; readonly item: Item }
  /** Kinesis has acknowledged a value, says the producer. */
  | {
    readonly type: "acknowledged";
    readonly id: string;
    /** Where it is stored, if the producer tells that. */
    readonly shardId?: string;
    readonly sequenceNumber?: string;
  }
  /** The producer has given up a value. */
  | { readonly type: "rejected"; readonly id: string; readonly error: string }
  | { readonly type: "buried"; readonly id: string }
  /** A worker creates a lease that no worker holds. */
  | {
    readonly type: "created";
    readonly life: string;
    readonly shardId: string;
  }
  /** A worker gets a lease, or passes it on. */
  | {
    readonly type: "taken";
    readonly life: string;
    readonly shardId: string;
    readonly owner: string;
    readonly before: string | undefined;
    readonly requestedBy: string | undefined;
    readonly checkpoint: Checkpoint;
    /** How long the lease had not been written, in milliseconds. */
    readonly idleMs: number;
  }
  | {
    readonly type: "released";
    readonly life: string;
    readonly shardId: string;
  }
  | {
    readonly type: "checkpoint";
    readonly life: string;
    readonly shardId: string;
    readonly checkpoint: Checkpoint;
    readonly isAccepted: boolean;
  }
  /** A write with an old counter was accepted. */
  | {
    readonly type: "stale-write";
    readonly life: string;
    readonly shardId: string;
  }
  | { readonly type: "opened"; readonly life: string; readonly shardId: string }
  | {
    readonly type: "closed";
    readonly life: string;
    readonly shardId: string;
    readonly state: string;
  }
  /** A handler gets a value. */
  | {
    readonly type: "seen";
    readonly life: string;
    readonly place: Position;
    readonly id: string;
    readonly attempt: number;
  }
  /** A handler has processed a value, which is acknowledged next. */
  | {
    readonly type: "done";
    readonly life: string;
    readonly place: Position;
    readonly id: string;
  }
  /** A handler gets a value of a queue, has processed it, or does not go on with it. */
  | {
    readonly type: "received" | "processed" | "left";
    readonly life: string;
    readonly recordId: string;
    readonly id: string;
  }
  | { readonly type: "healed" }
  | { readonly type: "problem"; readonly what: string };

/** An event. */
export type Entry = Happening & { readonly at: number };

/** The events of a run. */
export class Journal {
  readonly entries: Entry[] = [];
  readonly #now: () => number;

  /** `now` tells the virtual time since the start, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Adds an event. */
  note(happening: Happening): void {
    this.entries.push({ at: this.#now(), ...happening });
  }

  /** Notes that a rule is broken. */
  problem(what: string): void {
    this.note({ type: "problem", what });
  }

  /** A number that is the same for the same events. */
  get hash(): string {
    let a = 0x811c9dc5;
    let b = 0x1b873593;
    for (const entry of this.entries) {
      const text = JSON.stringify(entry);
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        a = Math.imul(a ^ code, 0x01000193);
        b = Math.imul(b ^ code, 0x85ebca6b) + i | 0;
      }
    }
    return (a >>> 0).toString(16).padStart(8, "0") +
      (b >>> 0).toString(16).padStart(8, "0");
  }
}
