/**
 * Stands in for `@webstreams/kinesis/testing` when the programs of the migration guides run against
 * a server on the network: their client gets its options from the environment, as on AWS.
 *
 * @module
 */

/** The part of a `KinesisServer` that the programs use. */
export class KinesisServer {
  /** No options: the client finds the endpoint and the credentials in the environment. */
  readonly connection: { fetch?: typeof globalThis.fetch } = {};

  /** Does nothing: the test has created the streams. */
  createStream(_name: string, _options?: object): void {}
}
