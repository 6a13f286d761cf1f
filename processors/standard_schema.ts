/**
 * The part of the Standard Schema interface that validation uses.
 *
 * @see https://standardschema.dev
 * @module
 */

/**
 * A schema of zod, valibot, arktype or another library that implements Standard Schema version 1.
 */
export interface StandardSchema<Output> {
  /** The interface that all these libraries implement. */
  readonly "~standard": {
    /** The version of the interface. */
    readonly version: 1;
    /** The name of the library. */
    readonly vendor: string;
    /** Validates a value. */
    readonly validate: (
      value: unknown,
    ) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** The types of the schema. Used by the compiler only. */
    readonly types?: {
      readonly input: unknown;
      readonly output: Output;
    } | undefined;
  };
}

/** The result of a validation: the value, or the issues. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One reason why a value is invalid. */
export interface SchemaIssue {
  /** The description of the issue. */
  readonly message: string;
  /** The path to the invalid part of the value. */
  readonly path?:
    | readonly (PropertyKey | { readonly key: PropertyKey })[]
    | undefined;
}
