/**
 * Reads `examples/infra/cloudformation.yaml`.
 *
 * @module
 */
import { parse, type ScalarTag } from "yaml";

/** The template. */
export const TEMPLATE: URL = new URL(
  "../../../examples/infra/cloudformation.yaml",
  import.meta.url,
);

/** A reference to a resource, such as `Stream.Arn`, with the text around it. */
export interface Reference {
  /** The attribute of a resource, or its name alone. */
  readonly to: string;
  /** The text after it. */
  readonly suffix: string;
}

/** A resource of the template. */
export interface Resource {
  readonly Type: string;
  // deno-lint-ignore no-explicit-any
  readonly Properties: Record<string, any>;
}

/** The resources by their names. References are {@linkcode Reference}s. */
export async function readTemplate(): Promise<Record<string, Resource>> {
  const text = await Deno.readTextFile(TEMPLATE);
  const { Resources } = parse(text, {
    customTags: [
      tag("!Ref", refer),
      tag("!GetAtt", refer),
      tag("!Sub", substitute),
    ],
  });
  return Resources;
}

/** Whether a value is a reference. */
export function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && "to" in value;
}

function tag(name: string, resolve: (text: string) => unknown): ScalarTag {
  return { tag: name, resolve };
}

function refer(to: string): Reference {
  return { to, suffix: "" };
}

/** `${Name.Attribute}suffix` is a reference; other texts stay as they are. */
function substitute(text: string): Reference | string {
  const [, to, suffix] = /^\$\{(\w+\.\w+)\}([^$]*)$/.exec(text) ?? [];
  return to === undefined ? text : { to, suffix: suffix! };
}
