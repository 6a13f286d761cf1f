/**
 * Checks endpoint URLs. Signed requests and credentials are never sent unencrypted to another
 * machine unless the user allows it.
 *
 * @module
 */

/** Whether a URL names this machine (loopback). */
export function isLoopback(url: URL): boolean {
  const { hostname } = url;
  // The URL parser has already normalized forms such as 127.1 and 0x7f000001 to four decimals.
  return hostname === "localhost" || hostname.endsWith(".localhost") ||
    hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Parses an endpoint URL from the user. `subject` starts the error messages, for example
 * `Cannot create KinesisClient as 'endpoint'`. Pass `allowHttp` only if the user has this option:
 * the messages name it.
 *
 * @throws {TypeError} if it is not a URL, has a scheme other than http and https, contains a user
 * name or password, or is plain http to another machine without `allowHttp`
 */
export function parseEndpointUrl(
  subject: string,
  value: string | URL,
  allowHttp?: boolean,
): URL {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    // Without the cause, whose message would show a password in the value.
    throw new TypeError(
      `${subject} must be a URL such as https://example.com: current value is "${
        String(value).replace(/^[^@]*@/, "…@")
      }"`,
    );
  }
  // Checked before the other rules, whose messages show the value.
  if (url.username || url.password) {
    throw new TypeError(
      `${subject} must not hold a user name or password: current host is "${url.host}"`,
    );
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new TypeError(
      `${subject} must start with https:// or http://: current value is "${value}"`,
    );
  }
  if (url.protocol === "http:" && !allowHttp && !isLoopback(url)) {
    const unless = allowHttp === undefined ? "" : " unless 'allowHttp' is true";
    throw new TypeError(
      `${subject} must not be plain http to another machine${unless}: current value is "${value}"`,
    );
  }
  return url;
}
