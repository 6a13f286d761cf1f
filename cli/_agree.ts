/**
 * Asks before something is lost.
 *
 * @module
 */
import { Failure } from "./_failure.ts";
import type { Terminal } from "./_terminal.ts";

/**
 * Asks the question unless `yes` is set.
 *
 * @throws {Failure} if the answer is no, or there is no terminal to answer on
 */
export async function agree(
  terminal: Terminal,
  yes: boolean | undefined,
  question: string,
): Promise<void> {
  if (yes) return;
  const answer = await terminal.confirm(question);
  if (answer === undefined) {
    throw new Failure(
      `${question} There is no terminal to answer on: give --yes`,
    );
  }
  if (!answer) throw new Failure("Nothing was changed");
}
