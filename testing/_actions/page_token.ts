/**
 * Tokens of pages: what comes next, and when the token was given out.
 *
 * @module
 */
import { TOKEN_LIFE_MS } from "../_state/limits.ts";
import { invalidArgument, ServiceFault } from "../_wire/service_error.ts";
import type { Sealer } from "../_wire/tokens.ts";

/** The values behind the time in a token. Fails if it is not one of ours or too old. */
export function openToken(
  sealer: Sealer,
  kind: string,
  token: string,
  now: number,
): readonly (string | number)[] {
  const values = sealer.open(kind, token);
  if (!values) throw invalidArgument("NextToken is invalid.");
  const [issuedAt, ...rest] = values;
  if (now - Number(issuedAt) > TOKEN_LIFE_MS) {
    throw new ServiceFault(
      "ExpiredNextTokenException",
      `NextToken has expired: it lives for ${TOKEN_LIFE_MS / 1_000} seconds.`,
    );
  }
  return rest;
}

/** Fails if members came along that a token already answers. */
export function requireAlone(
  input: Readonly<Record<string, unknown>>,
  names: readonly string[],
): void {
  for (const name of names) {
    if (input[name] !== undefined) {
      throw invalidArgument(
        `NextToken and ${name} cannot be provided together.`,
      );
    }
  }
}
