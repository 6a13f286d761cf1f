/**
 * The destination of a call: its URL and signing region.
 *
 * @module
 */

/** Where a request goes and for which region it is signed. */
export interface Destination {
  /** The endpoint. */
  readonly url: URL;
  /** The region of the signature. */
  readonly region: string;
  /** The region or the custom endpoint, for messages. */
  readonly name: string;
  /**
   * The destination for an account. Present if the destination depends on the account of the
   * credentials.
   */
  readonly ofAccount?: (action: string, accountId?: string) => Destination;
}

/** Finds the destinations of calls. */
export interface DestinationFinder {
  /**
   * The destination of one call. Returns a promise only if the destination is not known yet. The
   * promise rejects with the signal's reason when the signal aborts.
   *
   * @throws {KinesisError} `NoRegion` if the region is not known, `InvalidEndpoint` if a setting or
   * an ARN cannot be used
   */
  of(
    action: string,
    request: object,
    signal: AbortSignal,
  ): Destination | Promise<Destination>;
}
