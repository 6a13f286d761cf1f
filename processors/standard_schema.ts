/**
 * The part of Standard Schema that validating needs.
 *
 * @see https://standardschema.dev
 * @module
 */

/** A schema of zod, valibot, arktype or any other library that implements Standard Schema version 1. */
export interface StandardSchema<Output> {
  /** The interface that the libraries share. */
  readonly "~standard": {
    /** The version of the interface. */
    readonly version: 1;
    /** The name of the library. */
    readonly vendor: string;
    /** Checks a value. */
    readonly validate: (
      value: unknown,
    ) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** The types, for the compiler. */
    readonly types?: {
      readonly input: unknown;
      readonly output: Output;
    } | undefined;
  };
}

/** What a check came to: a value, or issues. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** What is wrong with a value. */
export interface SchemaIssue {
  /** For people. */
  readonly message: string;
  /** Where in the value. */
  readonly path?:
    | readonly (PropertyKey | { readonly key: PropertyKey })[]
    | undefined;
}
