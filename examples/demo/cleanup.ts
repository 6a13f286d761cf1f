/**
 * What a run has made, and removes at its end: also when the end is sudden.
 *
 * @module
 */
import { oneLine } from "./errors.ts";

/** Something that a run has made. */
export interface Belonging {
  /** What it is, where it is, and how to remove it, for the user if removing fails. */
  readonly left: string;
  /** Removes it. */
  remove(): Promise<void>;
  /** Removes it before this returns, when there is no time to wait; absent if that is not possible. */
  removeAtOnce?(): void;
}

/** Everything that a run has made and not yet removed. */
export class Cleanup {
  readonly #belongings: Belonging[] = [];

  /** Takes note of something. */
  add(belonging: Belonging): void {
    this.#belongings.push(belonging);
  }

  /** Strikes something off the list: it was removed, or never made. */
  forget(belonging: Belonging): void {
    const index = this.#belongings.indexOf(belonging);
    if (index >= 0) this.#belongings.splice(index, 1);
  }

  /** Removes everything, the newest first. Resolves with what is left behind, and why. */
  async removeAll(): Promise<string[]> {
    const left: string[] = [];
    for (const belonging of this.#belongings.toReversed()) {
      try {
        await belonging.remove();
      } catch (error) {
        left.push(`${belonging.left}\n    (${oneLine(error)})`);
      }
      this.forget(belonging);
    }
    return left;
  }

  /** Removes what can be removed at once. Returns what is left behind. */
  removeAtOnce(): string[] {
    const left: string[] = [];
    for (const belonging of this.#belongings.toReversed()) {
      try {
        if (belonging.removeAtOnce) belonging.removeAtOnce();
        else left.push(belonging.left);
      } catch {
        left.push(belonging.left);
      }
    }
    return left;
  }
}
