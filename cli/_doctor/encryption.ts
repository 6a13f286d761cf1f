/**
 * May the key of an encrypted stream be used?
 *
 * @module
 */
import type { PreflightReport } from "../../client/mod.ts";
import type { StreamDescriptionSummary } from "../../client/mod.ts";
import type { Check, Finding } from "./check.ts";
import { summaryOf } from "./errors.ts";
import { listOf } from "./texts.ts";

/** The check. Comes after the preflights, whose requests need the key. */
export const encryptionCheck: Check = {
  id: "stream.encryption",
  needs: ["stream"],
  run: (exam) =>
    judgeEncryption(summaryOf(exam), [...exam.found.preflights.values()]),
};

/** Looks for permissions of KMS that preflights have missed. */
function judgeEncryption(
  { EncryptionType, KeyId }: Pick<
    StreamDescriptionSummary,
    "EncryptionType" | "KeyId"
  >,
  preflights: readonly PreflightReport[],
): Finding {
  if (EncryptionType !== "KMS") {
    return { status: "ok", message: "Not encrypted with a key of KMS" };
  }
  const message = `Encrypted with ${KeyId}`;
  const denied = preflights.flatMap(({ missing }) => missing)
    .filter((it) => it.startsWith("kms:"));
  const missing = [...new Set(denied)];
  const data = { key: KeyId, missing };
  return missing.length === 0 ? { status: "ok", message, data } : {
    status: "error",
    message: `${message}, and ${listOf(missing)} is refused`,
    remedy: `Allow ${
      listOf(missing)
    } on ${KeyId}, in the policy of the credentials and in that of the key`,
    data,
  };
}
