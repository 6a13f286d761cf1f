/** Parses HCL. Blocks are arrays, and expressions are texts such as `${aws_s3_bucket.a.arn}`. */
export function parse(
  fileName: string,
  contents: string,
  // deno-lint-ignore no-explicit-any
): Promise<Record<string, any>>;
