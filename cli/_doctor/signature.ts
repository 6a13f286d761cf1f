/**
 * Does the server accept the signature of the credentials?
 *
 * @module
 */
import { ServiceError } from "../../errors.ts";
import type { Check, Exam, Finding } from "./check.ts";
import { adviceOf, isUnknownAction } from "./errors.ts";

/** What to do about each refusal of a signature. */
const REMEDIES: Readonly<Record<string, string>> = {
  ExpiredTokenException: "Get new credentials, for example with aws sso login",
  IncompleteSignatureException:
    "Look for stray characters in the access key id",
  InvalidClientTokenId:
    "Check the access key id: it may be deleted or inactive",
  InvalidSignatureException:
    "Check the secret access key, and that --region is the region of the endpoint",
  MissingAuthenticationTokenException:
    "Check that no proxy removes the header Authorization",
  SignatureDoesNotMatch: "Check the secret access key",
  UnrecognizedClientException:
    "Check the access key id, the session token, and that the credentials belong to this partition of AWS",
};
/** Codes of refusals for the time of a signature, which the client could not correct. */
const TIME = /^Request(Expired|InTheFuture|TimeTooSkewed)|^ExpiredToken/;

/** The check. Needs no permission: a refusal for a lack of one comes after the signature. */
export const signatureCheck: Check = {
  id: "signature",
  needs: ["credentials", "endpoint"],
  async run({ client, found }, signal) {
    try {
      await client.listStreams({ Limit: 1 }, { signal });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return judgeRefusal(error, found);
    }
    return { status: "ok", message: "Accepted" };
  },
};

/** Tells refusals of the signature from those that come after it. */
function judgeRefusal(
  error: ServiceError,
  { settings }: Pick<Exam["found"], "settings">,
): Finding {
  const { code, message } = error;
  const data = { code };
  const remedy = REMEDIES[code];
  if (remedy !== undefined || TIME.test(code)) {
    return {
      status: "error",
      message: adviceOf(error).message,
      remedy: remedy ??
        "Set the clock of this machine, and get new credentials",
      data,
    };
  }
  // The generic answer to it tells what it means.
  if (error.status >= 500 || isUnknownAction(error)) throw error;
  const who = /\barn:[\w-]+:(?:iam|sts)::\S+/.exec(message)?.[0];
  return {
    status: "ok",
    message: who === undefined ? "Accepted" : `Accepted, of ${who}`,
    data: { ...data, identity: who, region: settings?.region },
  };
}
