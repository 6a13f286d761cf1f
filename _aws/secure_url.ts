/**
 * Which URLs may be talked to: signed requests and credentials never cross a network in the clear unless the user says so.
 *
 * @module
 */

/** Whether a URL names this very machine. */
export function isLoopback(url: URL): boolean {
  const { hostname } = url;
  // The URL parser has already turned 127.1, 0x7f000001 and the like into four decimals.
  return hostname === "localhost" || hostname.endsWith(".localhost") ||
    hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Parses the URL of an endpoint that the user gave.
 *
 * @throws {RangeError} if it is no URL, has another scheme than http and https, holds credentials, or is plain http to
 * another machine without `allowHttp`
 */
export function parseEndpointUrl(
  option: string,
  value: string | URL,
  allowHttp = false,
): URL {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    // Without its cause, which shows the value with a password that may be in it.
    throw new RangeError(
      `Cannot use '${option}' as it must be a URL such as https://example.com: current value is "${
        String(value).replace(/^[^@]*@/, "…@")
      }"`,
    );
  }
  // Checked first: the other messages show the value.
  if (url.username || url.password) {
    throw new RangeError(
      `Cannot use '${option}' as it must not hold a user name or password: current host is "${url.host}"`,
    );
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new RangeError(
      `Cannot use '${option}' as it must start with https:// or http://: current value is "${value}"`,
    );
  }
  if (url.protocol === "http:" && !allowHttp && !isLoopback(url)) {
    throw new RangeError(
      `Cannot use '${option}' as plain http is for this machine only unless 'allowHttp' is true: current value is "${value}"`,
    );
  }
  return url;
}
