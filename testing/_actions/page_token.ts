/**
 * NextToken of the List actions. It holds the time at which it was issued and where the next page
 * starts.
 *
 * @module
 */
import { TOKEN_LIFE_MS } from "../_state/limits.ts";
import { invalidArgument, ServiceFault } from "../_wire/service_error.ts";
import type { TokenCodec } from "../_wire/tokens.ts";

/**
 * The values of a token, without its time of issue. Throws if this server did not issue the token
 * for this kind of list, or if the token has expired.
 */
export function readPageToken(
  tokens: TokenCodec,
  kind: string,
  token: string,
  now: number,
): readonly (string | number)[] {
  const values = tokens.decode(kind, token);
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

/** Throws if the request sets one of `names`: a NextToken already determines those members. */
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
