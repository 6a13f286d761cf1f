/**
 * The interface of all emulators that tests start.
 *
 * @module
 */

/** A running emulator on a loopback port. */
export interface Service extends AsyncDisposable {
  /** The base URL, without a trailing slash: for example `http://127.0.0.1:4567`. */
  readonly endpoint: string;
  /**
   * Stops the emulator. Resolves when its port, connections and process are closed. May be called
   * again.
   */
  close(): Promise<void>;
}

/**
 * A free loopback port. Another process may take it before the caller binds it, so callers retry.
 */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    return listener.addr.port;
  } finally {
    listener.close();
  }
}

/** Adds `close()` to `fields`, which calls `stop` once. */
export function service<T extends object>(
  fields: T & { readonly endpoint: string },
  stop: () => Promise<void>,
): T & Service {
  let stopped: Promise<void> | undefined;
  const close = () => stopped ??= stop();
  return { ...fields, close, [Symbol.asyncDispose]: close };
}
