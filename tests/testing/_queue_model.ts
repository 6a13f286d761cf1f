/**
 * What a queue must do, in the simplest form: a list of records, each with its state.
 *
 * @module
 */
import type { KinesisServer } from "../../testing/mod.ts";

/** The state of a record. `until` is the end of a visibility timeout. */
export interface ModelRecord {
  readonly key: string;
  readonly arrivedAt: number;
  state: "queued" | "dead" | "acknowledged";
  until: number | undefined;
  count: number;
  id: string | undefined;
  /** The latest receipt handle, and whether it is one of a dead letter. */
  handle: string | undefined;
  isDeadHandle: boolean;
}

/** How an entry is judged: `ok`, or an error code. */
export type Verdict = "ok" | string;

const RETENTION_MS = 24 * 3_600_000;

/** A queue. */
export class QueueModel {
  readonly records: ModelRecord[] = [];
  /** Every receipt handle that was ever issued, with its record. */
  readonly handles: { handle: string; record: ModelRecord; isDead: boolean }[] =
    [];
  readonly #maxReceiveCount: number;
  #now: number;

  constructor(now: number, maxReceiveCount: number) {
    this.#now = now;
    this.#maxReceiveCount = maxReceiveCount;
  }

  add(key: string): void {
    this.records.push({
      key,
      arrivedAt: this.#now,
      state: "queued",
      until: undefined,
      count: 0,
      id: undefined,
      handle: undefined,
      isDeadHandle: false,
    });
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const record of this.records) {
      if (record.until !== undefined && record.until <= this.#now) {
        this.#show(record);
      }
    }
  }

  /** The records within the retention period that are not acknowledged. */
  get live(): ModelRecord[] {
    return this.records.filter((record) =>
      record.state !== "acknowledged" &&
      record.arrivedAt >= this.#now - RETENTION_MS
    );
  }

  visible(state: "queued" | "dead"): ModelRecord[] {
    return this.live.filter((record) =>
      record.state === state && record.until === undefined
    );
  }

  get inFlight(): ModelRecord[] {
    return this.live.filter((record) => record.until !== undefined);
  }

  receive(record: ModelRecord, handle: string, seconds: number): void {
    const isDead = record.state === "dead";
    record.count++;
    record.handle = handle;
    record.isDeadHandle = isDead;
    record.until = this.#now + seconds * 1_000;
    this.handles.push({ handle, record, isDead });
    this.advance(0);
  }

  acknowledge(handle: string, dead: boolean): Verdict {
    return this.#judge(handle, dead, (record) => {
      record.state = "acknowledged";
      record.until = undefined;
    });
  }

  restore(handle: string): Verdict {
    return this.#judge(handle, true, (record) => {
      record.state = "queued";
      record.count = 0;
      record.until = undefined;
    });
  }

  setVisibility(handle: string, dead: boolean, seconds: number): Verdict {
    return this.#judge(handle, dead, (record) => {
      if (record.until === undefined) return "InvalidArgumentException";
      record.until = this.#now + seconds * 1_000;
      this.advance(0);
    });
  }

  #judge(
    handle: string,
    dead: boolean,
    change: (record: ModelRecord) => Verdict | void,
  ): Verdict {
    const issued = this.handles.find((one) => one.handle === handle);
    if (issued?.isDead !== dead) return "InvalidArgumentException";
    const { record } = issued;
    const isValid = this.live.includes(record) && record.handle === handle &&
      record.state === (dead ? "dead" : "queued");
    return isValid ? change(record) ?? "ok" : "ResourceNotFoundException";
  }

  #show(record: ModelRecord): void {
    record.until = undefined;
    if (record.count >= this.#maxReceiveCount) record.state = "dead";
  }
}

/** The state of a model as text, to compare with {@linkcode describeQueue}. */
export function describeModel(model: QueueModel): string[] {
  return model.live.map(({ key, state, until, count }) =>
    `${key} ${state} ${until ?? "visible"} ${count}`
  ).sort();
}

/** The state of a queue as text. */
export function describeQueue(server: KinesisServer, arn: string): string[] {
  const { visible, inFlight, deadLetters } = server.queue(arn);
  const describe = (state: string) => (record: typeof visible[number]) =>
    `${record.partitionKey} ${state} ${
      record.visibleAt?.getTime() ?? "visible"
    } ${record.receiveCount}`;
  return [
    ...visible.map(describe("queued")),
    ...inFlight.map(describe("queued")),
    ...deadLetters.map(describe("dead")),
  ].sort();
}
