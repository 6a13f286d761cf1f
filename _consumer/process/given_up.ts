/**
 * Applies `onPoison` to values whose last attempt has failed.
 *
 * @module
 */
import { LetterWriter } from "../../_dead_letters/letter_writer.ts";
import { KinesisError, type ProcessingError } from "../../errors.ts";
import { ConsumerLetter } from "./dead_letter.ts";
import { POLICIES, type ProcessSettings } from "./resolved_process_options.ts";

/** Follows the policy of the user. */
export class GivenUpValues<T> {
  readonly #policy: ProcessSettings<T>["onPoison"];
  readonly #letters: LetterWriter<ConsumerLetter<T>> | undefined;

  /** Locks the stream of dead letters. */
  constructor(
    { onPoison, deadLetter }: Pick<
      ProcessSettings<T>,
      "onPoison" | "deadLetter"
    >,
  ) {
    this.#policy = onPoison;
    this.#letters = deadLetter && new LetterWriter(
      deadLetter as WritableStream<ConsumerLetter<T>>,
      (letter, size) => size === undefined ? letter : letter.withText(size),
    );
  }

  /**
   * Resolves when the value counts as processed.
   *
   * @throws {ProcessingError} the given error, if the policy is to fail
   */
  async settle(
    error: ProcessingError<T>,
  ): Promise<"skipped" | "deadLettered"> {
    const policy = this.#policy;
    const decision = typeof policy === "function"
      ? await policy(error)
      : policy;
    if (decision === "fail") throw error;
    if (typeof decision === "string" && !POLICIES.includes(decision)) {
      throw new TypeError(
        'Cannot process as \'onPoison\' must return "fail", "skip", "dead-letter" or no text: ' +
          `it has returned ${JSON.stringify(decision)}`,
        { cause: error },
      );
    }
    if (decision !== "dead-letter") return "skipped";
    if (!this.#letters) {
      throw new KinesisError(
        "Cannot write a dead letter as there is no 'deadLetter': 'onPoison' has returned " +
          '"dead-letter"',
        { code: "DeadLetterFailed", cause: error },
      );
    }
    await this.#letters.write(new ConsumerLetter(error));
    return "deadLettered";
  }

  /** Unlocks the stream of dead letters. */
  release(): void {
    this.#letters?.release();
  }
}
