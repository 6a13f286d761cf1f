/**
 * What is happening right now: one line that is updated in place on a terminal, a line a second elsewhere.
 *
 * @module
 */

import { CLEAR_LINE, say, write } from "./output.ts";

/** Totals since the start. */
export interface Totals {
  /** Records that Kinesis has acknowledged. */
  readonly written: number;
  /** Bytes of them. */
  readonly bytesIn: number;
  /** Records that were processed, repeated ones too. */
  readonly read: number;
  /** Bytes of them. */
  readonly bytesOut: number;
}

/** What a line shows. */
export interface Snapshot extends Totals {
  /** Records of the data set. */
  readonly total: number;
  /** Different records that were processed. */
  readonly arrived: number;
  /** How far each shard is, for example `0: 45%`. */
  readonly shards: readonly string[];
}

/** A terminal shows one line, which may change often; a log keeps every line. */
const IN_PLACE_MS = 500;
const PLAIN_MS = 1000;

/** Shows how far things are. */
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

  /** Looks again and again until it is closed. */
  constructor(look: () => Snapshot) {
    this.#look = look;
    this.#timer = setInterval(
      () => this.#show(),
      this.#inPlace ? IN_PLACE_MS : PLAIN_MS,
    );
  }

  /** Says something that stays. */
  say(text: string): void {
    this.#clearLine();
    say(text);
  }

  /** Stops showing. May be called again. */
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

/** The line: totals, what changed in so many seconds, and the shards. */
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

/** A whole number with its thousands apart. */
export function count(value: number): string {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, " ");
}

/** Bytes in MB of a million. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A part of one as a percentage. */
export function percent(part: number): string {
  return `${Math.floor(part * 100)}%`;
}

/** The number at the end of a shard id. */
export function shardNumber(shardId: string): string {
  return shardId.replace(/^shardId-0*(?=\d)/, "");
}
