/**
 * What every emulator that a test starts has in common.
 *
 * @module
 */

/** A running emulator on a loopback port. */
export interface Service extends AsyncDisposable {
  /** The base URL, without a trailing slash: for example `http://127.0.0.1:4567`. */
  readonly endpoint: string;
  /** Stops it and waits until its port, its connections and its process are gone. May be called again. */
  close(): Promise<void>;
}

/** A loopback port that was free a moment ago. Another process may still take it: whoever binds it must be ready to try again. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    return listener.addr.port;
  } finally {
    listener.close();
  }
}

/** Wraps a way to stop so that it runs once, however often it is asked for. */
export function service<T extends object>(
  fields: T & { readonly endpoint: string },
  stop: () => Promise<void>,
): T & Service {
  let stopped: Promise<void> | undefined;
  const close = () => stopped ??= stop();
  return { ...fields, close, [Symbol.asyncDispose]: close };
}
