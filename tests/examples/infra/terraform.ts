/**
 * Reads `examples/infra/main.tf` with HashiCorp's own parser.
 *
 * @module
 */
// @ts-types="./hcl2json.d.ts" because its own types need those of Node.
import { parse } from "@cdktf/hcl2json";

/** The configuration. */
export const CONFIGURATION: URL = new URL(
  "../../../examples/infra/main.tf",
  import.meta.url,
);

// deno-lint-ignore no-explicit-any
type Block = Record<string, any>;

/** The blocks of the configuration: by type and name. Each name has one block. */
export interface Configuration {
  readonly resources: Readonly<Record<string, Readonly<Record<string, Block>>>>;
  readonly policies: Readonly<Record<string, Block>>;
}

/** Parses the configuration. Rejects if it is not HCL. */
export async function readConfiguration(): Promise<Configuration> {
  const text = await Deno.readTextFile(CONFIGURATION);
  const { resource, data } = await parse("main.tf", text);
  return {
    resources: mapValues(
      resource,
      (blocks: Record<string, Block[]>) => mapValues(blocks, first),
    ),
    policies: mapValues(data.aws_iam_policy_document, first),
  };
}

function first(blocks: Block[]): Block {
  return blocks[0]!;
}

function mapValues<V, R>(
  record: Record<string, V>,
  map: (value: V) => R,
): Record<string, R> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, map(value)]),
  );
}
