/**
 * The things that a run has created, and how to remove them at its end.
 *
 * @module
 */
import { oneLine } from "./errors.ts";

/** Something that a run has created, such as a stream or a folder. */
export interface Belonging {
  /** Name, place and the command that removes it, for the user if removing fails. */
  readonly left: string;
  /** Removes it. */
  remove(): Promise<void>;
  /** Removes it synchronously. Absent if only {@linkcode Belonging.remove} can remove it. */
  removeAtOnce?(): void;
}

/** Everything that a run has created and not yet removed. */
export class Cleanup {
  readonly #belongings: Belonging[] = [];

  /** Adds something to the list. */
  add(belonging: Belonging): void {
    this.#belongings.push(belonging);
  }

  /** Takes something off the list: it was removed, or never created. */
  forget(belonging: Belonging): void {
    const index = this.#belongings.indexOf(belonging);
    if (index >= 0) this.#belongings.splice(index, 1);
  }

  /**
   * Removes everything, the newest first. Resolves with descriptions of what could not be removed.
   */
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

  /** Removes what can be removed synchronously. Returns descriptions of the rest. */
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
