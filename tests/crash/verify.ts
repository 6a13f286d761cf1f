/**
 * What a consumer promises about crashes, checked against the logs of its processes.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { recordId } from "../../mod.ts";
import type { Checkpoint } from "../../records.ts";
import type { Item } from "./items.ts";
import type { Line } from "./life_log.ts";
import type { CrashOutcome } from "./run.ts";
import { WAYS } from "./ways.ts";

/** The figures of one way. */
export interface WayFigures {
  readonly way: string;
  /** Values that were processed at least once. */
  readonly values: number;
  /** Values that were processed again, each time counted. */
  readonly repeated: number;
  /** The most values that one process repeated. */
  readonly mostRepeated: number;
  /** Processes that processed a value before they were killed. */
  readonly livesWithWork: number;
  /** Checkpoints that were stored. */
  readonly checkpoints: number;
}

/** The index of the last value that a record may have: a checkpoint behind a record covers it. */
const LAST_INDEX = 9_999_999_999;

/** Throws if a promise was broken. Returns the figures of each way. */
export function verifyCrashes(
  outcome: CrashOutcome,
  ways: readonly string[],
): WayFigures[] {
  const total = sum(outcome.written.values());
  const stored = [...outcome.stored.values()].flat();
  assertEquals(stored.length, total, "the stream has other values");
  for (const ids of outcome.stored.values()) assertEquals(ids, ids.toSorted());
  assertEquals(outcome.table, outcome.written, "the database");
  return ways.map((way) => verifyWay(way, outcome));
}

function verifyWay(way: string, outcome: CrashOutcome): WayFigures {
  const book = new WayBook(way, outcome);
  outcome.lives.forEach((lines, index) => {
    book.begin(`life ${index + 1} of "${way}"`);
    for (const line of lines) if (line.way === way) book.read(line);
  });
  return book.end();
}

/** The progress of one way, line by line. */
class WayBook {
  readonly #way: string;
  readonly #outcome: CrashOutcome;
  readonly #done = new Set<string>();
  /** The next value of each key that is expected for the first time. */
  readonly #next = new Map<string, number>();
  /** The id behind which the last stored checkpoint of each shard lies. */
  readonly #checkpoints = new Map<string, string>();
  /** The same at the start of this life. */
  #before = new Map<string, string>();
  #life = "";
  #repeatedNow = 0;
  #doneNow = 0;
  #repeated = 0;
  #mostRepeated = 0;
  #livesWithWork = 0;
  #stored = 0;

  constructor(way: string, outcome: CrashOutcome) {
    this.#way = way;
    this.#outcome = outcome;
  }

  /** A new process starts. */
  begin(life: string): void {
    this.#endLife();
    this.#life = life;
    this.#before = new Map(this.#checkpoints);
  }

  read(line: Line): void {
    if (line.type === "done") return this.#onDone(line.id, line.item);
    const covered = coveredUpTo(line.shardId, line.checkpoint);
    if (covered === undefined) return;
    if (line.type === "stored") {
      this.#stored++;
      this.#checkpoints.set(line.shardId, covered);
      return;
    }
    for (const id of this.#outcome.stored.get(line.shardId) ?? []) {
      if (id > covered) break;
      assert(
        this.#done.has(id),
        `${this.#life} stores a checkpoint behind ${id}, which is not processed`,
      );
    }
  }

  /** All processes have ended. */
  end(): WayFigures {
    this.#endLife();
    for (const ids of this.#outcome.stored.values()) {
      for (const id of ids) {
        assert(this.#done.has(id), `"${this.#way}" has not processed ${id}`);
      }
    }
    assertEquals(
      this.#done.size,
      sum(this.#outcome.written.values()),
      `"${this.#way}" has processed values that are not in the stream`,
    );
    return {
      way: this.#way,
      values: this.#done.size,
      repeated: this.#repeated,
      mostRepeated: this.#mostRepeated,
      livesWithWork: this.#livesWithWork,
      checkpoints: this.#stored,
    };
  }

  #onDone(id: string, { key, n }: Item): void {
    this.#doneNow++;
    const shardId = id.slice(0, id.indexOf("-", "shardId-".length));
    const checkpoint = this.#before.get(shardId) ?? "";
    assert(
      id > checkpoint,
      `${this.#life} repeats ${id}, which lies before the checkpoint ${checkpoint}`,
    );
    if (this.#done.has(id)) {
      this.#repeated++;
      this.#repeatedNow++;
      return;
    }
    this.#done.add(id);
    if (!WAYS[this.#way]!.keepsOrder) return;
    assertEquals(n, this.#next.get(key) ?? 0, `${this.#life}: order of ${key}`);
    this.#next.set(key, n + 1);
  }

  #endLife(): void {
    if (this.#doneNow > 0) this.#livesWithWork++;
    this.#mostRepeated = Math.max(this.#mostRepeated, this.#repeatedNow);
    this.#repeatedNow = this.#doneNow = 0;
  }
}

/** No value behind this id is covered by the checkpoint. `undefined` if no value is covered. */
function coveredUpTo(
  shardId: string,
  checkpoint: Checkpoint,
): string | undefined {
  switch (checkpoint.type) {
    case "SHARD_END":
      return `${shardId}.`; // sorts behind every id of the shard
    case "SEQUENCE":
      return recordId({
        shardId,
        sequenceNumber: checkpoint.sequenceNumber,
        subSequenceNumber: checkpoint.subSequenceNumber ?? LAST_INDEX,
      });
    default:
      return undefined;
  }
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
