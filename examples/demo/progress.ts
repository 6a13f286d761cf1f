/**
 * The progress line: updated in place on a terminal, and printed once a second elsewhere.
 *
 * @module
 */

import { CLEAR_LINE, say, write } from "./output.ts";

/** Totals since the start. */
export interface Totals {
  /** Values that Kinesis has acknowledged. */
  readonly written: number;
  /** Bytes written. */
  readonly bytesIn: number;
  /** Values that were processed, including repeated ones. */
  readonly read: number;
  /** Bytes read. */
  readonly bytesOut: number;
}

/** The numbers of one line. */
export interface Snapshot extends Totals {
  /** Number of values in the data set. */
  readonly total: number;
  /** Number of different values that were processed. */
  readonly arrived: number;
  /** The position of each shard, for example `0: 45%`. */
  readonly shards: readonly string[];
}

/** Milliseconds between updates on a terminal, and between lines elsewhere. */
const IN_PLACE_MS = 500;
const PLAIN_MS = 1000;

/** Prints the progress until it is closed. */
export class Progress {
  readonly #look: () => Snapshot;
  readonly #inPlace = Deno.stdout.isTerminal();
  readonly #timer: ReturnType<typeof setInterval>;
  #closed = false;
  #before: Totals & { at: number } = {
    written: 0,
    bytesIn: 0,
    read: 0,
    bytesOut: 0,
    at: performance.now(),
  };

  /** Starts. `look` returns the current numbers. */
  constructor(look: () => Snapshot) {
    this.#look = look;
    this.#timer = setInterval(
      () => this.#show(),
      this.#inPlace ? IN_PLACE_MS : PLAIN_MS,
    );
  }

  /** Prints a line that stays. */
  say(text: string): void {
    this.#clearLine();
    say(text);
  }

  /** Stops. Further calls do nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#clearLine();
  }

  #show(): void {
    const now = this.#look();
    const at = performance.now();
    const line = progressLine(now, this.#before, (at - this.#before.at) / 1000);
    this.#before = { ...now, at };
    if (!this.#inPlace) return say(line);
    const { columns } = Deno.consoleSize();
    write(`${CLEAR_LINE}${line.slice(0, columns - 1)}`);
  }

  #clearLine(): void {
    if (this.#inPlace) write(CLEAR_LINE);
  }
}

/** The text of the line: percentages, the rates of the last `seconds`, and the shards. */
export function progressLine(
  now: Snapshot,
  before: Totals,
  seconds: number,
): string {
  const flow = (records: number, bytes: number) =>
    `${count(records / seconds)} rec/s, ${megabytes(bytes / seconds)}/s`;
  return [
    `in ${percent(now.written / now.total)} ` +
    flow(now.written - before.written, now.bytesIn - before.bytesIn),
    `out ${percent(now.arrived / now.total)} ` +
    flow(now.read - before.read, now.bytesOut - before.bytesOut),
    now.shards.join("  "),
  ].join(" | ");
}

/** A rounded number with spaces between thousands. */
export function count(value: number): string {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, " ");
}

/** Bytes in MB (1 MB is 1 000 000 bytes). */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A fraction as a percentage. */
export function percent(part: number): string {
  return `${Math.floor(part * 100)}%`;
}

/** The number at the end of a shard id. */
export function shardNumber(shardId: string): string {
  return shardId.replace(/^shardId-0*(?=\d)/, "");
}
