/**
 * Credentials from the output of a command: `credential_process` of a profile.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html}
 * @module
 */
import { startDeadline } from "../_core/deadline.ts";
import { raceAbort } from "../_core/race_abort.ts";
import type { Credentials } from "./credentials.ts";
import { credentialsFromDocument, SESSION_TOKEN_SHAPE } from "./_document.ts";
import { reasonOf, unusable } from "./environment.ts";
import { parseSecretJson, type ProviderContext } from "./http.ts";

/** The time limit of the command, in milliseconds. A person may have to touch a security key. */
const TIMEOUT_MS = 60_000;

/**
 * Runs the command. Errors show neither the command line nor its output: both may hold secrets.
 *
 * @throws {CredentialsError} if the command fails, takes more than a minute, or does not print
 * valid credentials
 */
export async function processCredentials(
  { environment, clock }: ProviderContext,
  profile: string,
  command: string,
  accountId?: string,
): Promise<Credentials> {
  const what = `the output of credential_process of profile "${profile}"`;
  if (!environment.runCommand) {
    throw unusable(`Cannot get ${what}: this runtime offers no commands`);
  }
  const late = new Error(`it took longer than ${TIMEOUT_MS} ms`);
  const { signal, clear } = startDeadline(TIMEOUT_MS, () => late, { clock });
  let output: string;
  try {
    const printed = environment.runCommand(command, { signal });
    // Enforces the time limit if the environment ignores the signal.
    output = await raceAbort(printed, signal);
  } catch (error) {
    const reason = signal.aborted
      ? late.message
      : reasonOf(error).replaceAll(command, "…");
    throw unusable(`Cannot get ${what}: ${reason}`);
  } finally {
    clear();
  }
  const document = parseSecretJson(what, output);
  if (document.Version !== 1) {
    throw unusable(`Cannot read ${what}: 'Version' must be 1`);
  }
  const credentials = credentialsFromDocument(
    what,
    // The account in the output takes precedence over that of the profile.
    { ...document, AccountId: document.AccountId || accountId },
    SESSION_TOKEN_SHAPE,
  );
  if ((credentials.expiration?.getTime() ?? Infinity) <= clock.now()) {
    throw unusable(`Cannot use ${what}: the credentials have expired`);
  }
  return credentials;
}
