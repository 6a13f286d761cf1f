/**
 * Notes about things that went wrong, of which there may be many.
 *
 * @module
 */
import type { Terminal } from "./_terminal.ts";

/** How many things are described. The number of the others is in the summary. */
const MOST_NOTES = 10;

/** Counts, and describes the first ones. */
export class FirstNotes {
  readonly #terminal: Pick<Terminal, "note">;
  readonly #things: string;
  #count = 0;

  /** `things` is what they are called, for example `bad lines`. */
  constructor(terminal: Pick<Terminal, "note">, things: string) {
    this.#terminal = terminal;
    this.#things = things;
  }

  /** The number so far. */
  get count(): number {
    return this.#count;
  }

  /** Counts one, and writes the text if few were described. */
  add(text: string): void {
    this.#count++;
    if (this.#count <= MOST_NOTES) this.#terminal.note(text);
    else if (this.#count === MOST_NOTES + 1) {
      this.#terminal.note(`Further ${this.#things} are only counted`);
    }
  }
}
