/**
 * Checks the log of one process, line by line: the order of its values, where it resumed, and what
 * its checkpoints cover.
 *
 * @module
 */
import type { LeaseChain } from "./lease_chain.ts";
import type { FleetLine } from "./log.ts";
import type { Life } from "./outcome.ts";
import type { ShardValues } from "./shard_values.ts";

type Asked = Extract<FleetLine, { type: "asked" }>;

/** What all processes share. */
export interface CheckProps {
  readonly chains: ReadonlyMap<string, LeaseChain>;
  readonly values: ReadonlyMap<string, ShardValues>;
  /** For each shard: how often the value at each place was processed. */
  readonly times: ReadonlyMap<string, Uint16Array>;
  /** Longest time between the loss of a lease and the last value, noise aside. */
  readonly mayBeLate: (life: Life, from: number, to: number) => boolean;
  readonly fault: (text: string) => void;
}

/** A shard that a process reads, from a take to the next one. */
interface Session {
  readonly counter: number;
  /** The place behind its checkpoint. */
  readonly start: number;
  /** The next place of each key. */
  readonly next: Map<string, number | undefined>;
  /** The place behind the last value. */
  end: number;
  isReleased: boolean;
}

/** What one process did. */
export class LifeCheck {
  readonly #props: CheckProps;
  readonly #life: Life;
  readonly #index: number;
  readonly #sessions = new Map<string, Session>();
  /** For each shard: whether this process has processed the value at each place. */
  readonly #done = new Map<string, Uint8Array>();
  readonly #asked = new Map<number, Asked>();
  #isClosing = false;
  /** Writes that were refused because another worker had taken the lease. */
  refusedLate = 0;
  /** Values that were processed after another worker had taken the lease. */
  lateValues = 0;
  /** Most milliseconds from the loss of a lease, or the end of a freeze after it, to a value. */
  latestMs = 0;

  constructor(props: CheckProps, life: Life, index: number) {
    this.#props = props;
    this.#life = life;
    this.#index = index;
  }

  /** Reads the whole log. */
  run(): void {
    for (const line of this.#life.lines) {
      switch (line.type) {
        case "value":
          this.#onValue(line);
          break;
        case "asked":
          this.#asked.set(line.call, line);
          if (line.write === "checkpoint") this.#onCheckpoint(line);
          break;
        case "accepted":
          this.#onAccepted(line);
          break;
        case "refused":
          this.#onRefused(line.call);
          break;
        case "closing":
          this.#isClosing = true;
      }
    }
  }

  #onValue(line: Extract<FleetLine, { type: "value" }>): void {
    const { id, session: counter, at } = line;
    const shardId = shardOf(id);
    const values = this.#props.values.get(shardId);
    const place = values?.placeOf(id);
    if (!values || place === undefined) {
      return this.#fault(`processed ${id}, which is not in the stream`);
    }
    const session = this.#sessionOf(shardId, counter);
    if (session.isReleased) {
      this.#fault(`processed ${id} after it had given the lease back`);
    }
    const key = values.keyAt(place);
    const expected = session.next.has(key)
      ? session.next.get(key)
      : values.nextOfKey(key, session.start);
    if (place !== expected) {
      this.#fault(this.#orderFault(id, place, session, expected, values));
    }
    session.next.set(key, values.nextOfKey(key, place + 1));
    session.end = Math.max(session.end, place + 1);
    this.#doneOf(shardId)[place] = 1;
    this.#props.times.get(shardId)![place]!++;
    this.#checkLate(shardId, counter, at, id);
  }

  #orderFault(
    id: string,
    place: number,
    { start, counter }: Session,
    expected: number | undefined,
    values: ShardValues,
  ): string {
    if (place < start) {
      return `repeated ${id}, which lies before the checkpoint of its lease ${counter}`;
    }
    const next = expected === undefined ? "no value" : values.idAt(expected);
    return `processed ${id}, where ${next} is the next one of its key`;
  }

  #checkLate(shardId: string, counter: number, at: number, id: string): void {
    const lostAt = this.#props.chains.get(shardId)?.takenAfter(counter)
      ?.acceptedAt;
    if (lostAt === undefined || at <= lostAt) return;
    const thaws = this.#life.frozen.map(([, to]) => to).filter((to) =>
      to <= at
    );
    const from = Math.max(lostAt, ...thaws);
    this.lateValues++;
    this.latestMs = Math.max(this.latestMs, at - from);
    if (!this.#props.mayBeLate(this.#life, from, at)) {
      this.#fault(
        `processed ${id} ${
          Math.round(at - from)
        } ms after it had lost the lease`,
      );
    }
  }

  #sessionOf(shardId: string, counter: number): Session {
    const known = this.#sessions.get(shardId);
    if (known?.counter === counter) return known;
    const chain = this.#props.chains.get(shardId);
    if (known && known.counter > counter) {
      this.#fault(
        `processed a value of its earlier lease ${counter} of ${shardId}`,
      );
    }
    if (!chain?.mayHold(this.#index, counter)) {
      this.#fault(`reads ${shardId} without having taken its lease ${counter}`);
    }
    const start = this.#coveredAt(shardId, counter);
    const session = {
      ...{ counter, start, end: start, isReleased: false },
      next: new Map<string, number | undefined>(),
    };
    this.#sessions.set(shardId, session);
    return session;
  }

  /** A checkpoint may cover only what this process, or an earlier holder, has processed. */
  #onCheckpoint({ shardId, counter, checkpoint }: Asked): void {
    const covered = this.#props.values.get(shardId)!
      .coveredBy(shardId, checkpoint!);
    const done = this.#doneOf(shardId);
    for (let at = this.#coveredAt(shardId, counter); at < covered; at++) {
      if (done[at] === 1) continue;
      const id = this.#props.values.get(shardId)!.idAt(at);
      return this.#fault(
        `stores a checkpoint of ${shardId} behind ${id}, which it has not processed`,
      );
    }
  }

  #onAccepted(line: Extract<FleetLine, { type: "accepted" }>): void {
    const asked = this.#asked.get(line.call)!;
    if (asked.write !== "release") return;
    const { shardId } = asked;
    const session = this.#sessions.get(shardId);
    if (!session) return;
    session.isReleased = true;
    const covered = this.#props.values.get(shardId)!
      .coveredBy(shardId, line.checkpoint);
    if (this.#isClosing && covered < session.end) {
      this.#fault(
        `closed with a checkpoint of ${shardId} behind ${covered} values, and has processed ` +
          `${session.end}: the next worker repeats some`,
      );
    }
  }

  #onRefused(call: number): void {
    const { shardId, counter, write } = this.#asked.get(call)!;
    if (write === "take") return; // another worker was faster
    if (this.#props.chains.get(shardId)?.takenAfter(counter)) {
      this.refusedLate++;
    }
  }

  /** How many values of a shard the checkpoint covers when its lease has this counter. */
  #coveredAt(shardId: string, counter: number): number {
    const chain = this.#props.chains.get(shardId);
    const values = this.#props.values.get(shardId)!;
    const { checkpoint } = chain?.at(counter) ?? {};
    if (checkpoint) return values.coveredBy(shardId, checkpoint);
    const covered = chain?.upTo(counter).map(({ checkpoint }) =>
      checkpoint ? values.coveredBy(shardId, checkpoint) : 0
    );
    return Math.max(0, ...covered ?? []);
  }

  #doneOf(shardId: string): Uint8Array {
    let done = this.#done.get(shardId);
    if (!done) {
      done = new Uint8Array(this.#props.values.get(shardId)!.count);
      this.#done.set(shardId, done);
    }
    return done;
  }

  #fault(text: string): void {
    this.#props.fault(
      `${this.#life.workerId} (process ${this.#index}) ${text}`,
    );
  }
}

function shardOf(id: string): string {
  return id.slice(0, id.indexOf("-", "shardId-".length));
}
