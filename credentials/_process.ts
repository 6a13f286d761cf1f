/**
 * Credentials that a command prints: `credential_process` of a profile.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html}
 * @module
 */
import { raceAbort } from "../_core/race_abort.ts";
import type { Credentials } from "./credentials.ts";
import { credentialsFromDocument, SESSION_TOKEN_SHAPE } from "./_document.ts";
import { reasonOf, unusable } from "./environment.ts";
import { parseSecretJson, type ProviderContext } from "./http.ts";

/** Long enough for a person who has to touch a key. */
const TIMEOUT_MS = 60_000;

/**
 * Runs the command. Neither the command line nor what it printed ever shows in an error.
 *
 * @throws {CredentialsError} if it fails, takes more than a minute, or prints something else than valid credentials
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
  const controller = new AbortController();
  const timer = clock.setTimeout(() => controller.abort(), TIMEOUT_MS);
  let output: string;
  try {
    const { signal } = controller;
    const printed = environment.runCommand(command, { signal });
    // The time limit holds for an environment that knows nothing of signals too.
    output = await raceAbort(printed, signal);
  } catch (error) {
    const reason = controller.signal.aborted
      ? `it took longer than ${TIMEOUT_MS} ms`
      : reasonOf(error).replaceAll(command, "…");
    throw unusable(`Cannot get ${what}: ${reason}`);
  } finally {
    clock.clearTimeout(timer);
  }
  const document = parseSecretJson(what, output);
  if (document.Version !== 1) {
    throw unusable(`Cannot read ${what}: 'Version' must be 1`);
  }
  const credentials = credentialsFromDocument(
    what,
    // What the command says goes before what the profile says.
    { ...document, AccountId: document.AccountId || accountId },
    SESSION_TOKEN_SHAPE,
  );
  if ((credentials.expiration?.getTime() ?? Infinity) <= clock.now()) {
    throw unusable(`Cannot use ${what}: the credentials have expired`);
  }
  return credentials;
}
