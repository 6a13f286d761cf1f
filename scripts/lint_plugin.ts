/**
 * The project's own lint rules. `deno lint` and editors run them with the built-in rules.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import {
  isNodeOnly,
  isPlatformBound,
  isTooling,
  layerOf,
  problemOfImport,
  resolveImport,
} from "./layers.ts";

type Visitor = Deno.lint.LintVisitor;

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/**
 * The path relative to the root, with forward slashes. A file outside of the root keeps its full
 * path.
 */
function pathOf(filename: string): string {
  const path = filename.startsWith(ROOT)
    ? filename.slice(ROOT.length)
    : filename;
  return path.replaceAll("\\", "/");
}

/** Makes a rule that applies to shipped files only. */
function shipped(
  visit: (context: Deno.lint.RuleContext, path: string) => Visitor,
): Deno.lint.Rule {
  return {
    create: (context) => {
      const path = pathOf(context.filename);
      return isTooling(path) ? {} : visit(context, path);
    },
  };
}

/** Calls `visit` for every module specifier of a file. `isCall` marks a dynamic import. */
function onImport(
  visit: (specifier: string, node: Deno.lint.Node, isCall: boolean) => void,
): Visitor {
  const visitSource = (source: Deno.lint.Node | null, isCall: boolean) => {
    if (source?.type !== "Literal" || typeof source.value !== "string") return;
    visit(source.value, source, isCall);
  };
  return {
    ImportDeclaration: ({ source }) => visitSource(source, false),
    ExportNamedDeclaration: ({ source }) => visitSource(source, false),
    ExportAllDeclaration: ({ source }) => visitSource(source, false),
    ImportExpression: ({ source }) => visitSource(source, true),
  };
}

const layers: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context.filename);
    return {
      Program(node) {
        if (isTooling(path) || layerOf(path) !== undefined) return;
        context.report({
          node,
          message: `${path} has no layer`,
          hint:
            "Add its folder to scripts/layers.ts and to docs/architecture.md",
        });
      },
      ...onImport((specifier, node) => {
        const to = resolveImport(path, specifier);
        const problem = to && problemOfImport(path, to);
        if (problem) context.report({ node, message: `${to} ${problem}` });
      }),
    };
  },
};

const webStandards = shipped((context, path) => {
  const report = (node: Deno.lint.Node, message: string) =>
    context.report({ node, message });
  return {
    Identifier(node) {
      if (node.name !== "Deno" || isPlatformBound(path)) return;
      report(node, "Deno is no web standard: shipped source runs everywhere");
    },
    VariableDeclaration(node) {
      if (node.kind !== "using" && node.kind !== "await using") return;
      report(node, "Older runtimes lack 'using': call close() in finally");
    },
    'MemberExpression[object.name="ReadableStream"][property.name="from"]'(
      node: Deno.lint.MemberExpression,
    ) {
      report(
        node,
        "Older runtimes lack ReadableStream.from: use new ReadableStream({ pull })",
      );
    },
    ...onImport((specifier, node, isCall) => {
      if (
        specifier.startsWith("node:") && !isNodeOnly(path) &&
        !(isCall && isPlatformBound(path))
      ) {
        report(
          node,
          `${specifier} is no web standard: shipped source runs everywhere`,
        );
      }
      if (specifier.startsWith("@webstreams/kinesis")) {
        report(node, `${specifier} is this package: use the relative path`);
      }
    }),
  };
});

const reexportsOnly = shipped((context, path) =>
  !/(^|\/)mod\.ts$/.test(path) ? {} : {
    Program({ body }) {
      for (const node of body) {
        if (node.type === "ExportNamedDeclaration" && node.source) continue;
        context.report({
          node,
          message: "A mod.ts re-exports by name and does nothing else",
          hint: 'Write export { … } from "…"',
        });
      }
    },
  }
);

/**
 * A tag behind other text is no tag: JSR and the reference would show it as text. The tag is spelled
 * in two parts, so that this file does not break its own rule.
 */
const TAG_BEHIND_TEXT = new RegExp(
  `^(?!\\s*\\* @).*[^\\s*/].* @${"default"}\\b`,
  "gm",
);

const defaultTags: Deno.lint.Rule = {
  create: (context) => ({
    Program() {
      for (
        const { index, 0: line } of context.sourceCode.text.matchAll(
          TAG_BEHIND_TEXT,
        )
      ) {
        context.report({
          range: [index, index + line.length],
          message: "A tag with a default starts a line of its own",
        });
      }
    },
  }),
};

const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    layers,
    "web-standards": webStandards,
    "reexports-only": reexportsOnly,
    "default-tags": defaultTags,
  },
};
export default plugin;
