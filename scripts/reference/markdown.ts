/**
 * The reference of options as Markdown.
 *
 * @module
 */
import type { ApiInterface, Member } from "./api.ts";
import type { ReferenceSection } from "./sections.ts";

const INTRODUCTION = `# Reference

Every option, status and hook, with its type, unit and default. The texts are
those of the source, which editors show as well. \`deno task reference\` writes
this page, and a test fails if it is not up to date. The guides explain when to
change an option.

A hook is called synchronously. Its errors are ignored. The members of each
event are described in \`hooks.ts\`, which editors show.
`;

/** The page. */
export function referenceOf(
  sections: readonly ReferenceSection[],
  interfaces: ReadonlyMap<string, ApiInterface>,
): string {
  const parts = [INTRODUCTION, contentsOf(sections)];
  for (const { title, guide, parts: members } of sections) {
    parts.push(`## ${title}\n\nGuide: [${guide}](./${guide}).\n`);
    for (const { name, title } of members) {
      const found = interfaces.get(name);
      if (!found) throw new Error(`No entry point exports ${name}`);
      parts.push(partOf(title, found));
    }
  }
  return parts.join("\n");
}

function contentsOf(sections: readonly ReferenceSection[]): string {
  return sections.map(({ title, parts }) =>
    `- [${title}](#${anchorOf(title)}): ${
      parts.map(({ title }) => `[${code(title)}](#${anchorOf(title)})`)
        .join(", ")
    }\n`
  ).join("");
}

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

function code(title: string): string {
  return /[().]|^[a-z]+[A-Z]/.test(title) ? `\`${title}\`` : title;
}

function partOf(
  title: string,
  { name, doc, parents, members }: ApiInterface,
): string {
  const also = parents.length > 0
    ? ` Takes the members of ${
      parents.map((it) => `\`${it}\``).join(" and ")
    } as well.`
    : "";
  const sorted = [...members].sort((a, b) => rank(a) - rank(b));
  return [
    `### ${code(title)}\n`,
    `\`${name}\`: ${plain(doc)}${also}\n`,
    ...sorted.map(memberOf),
  ].join("\n") + "\n";
}

/** Required members come first. All others keep their order. */
function rank({ isOptional, isMethod }: Member): number {
  return isOptional || isMethod ? 1 : 0;
}

function memberOf(member: Member): string {
  const { name, type, isMethod, fallback } = member;
  const signature = isMethod
    ? `\`${name}${type.replace(/\): .*$/, ")")}\``
    : `**\`${name}\`**: \`${type}\``;
  const end = fallback === undefined ? "" : ` Default: \`${fallback}\`.`;
  return `- ${signature}. ${plain(member.doc)}${end}`.replace(/\n/g, "\n  ");
}

/** A comment as Markdown: links to symbols are code. */
export function plain(doc: string): string {
  return doc
    .replace(
      /\{@link(?:code)? ([^\s}|]+)[^}]*\}/g,
      (_, target: string) =>
        /^https?:/.test(target) ? `<${target}>` : `\`${target}\``,
    )
    // An example belongs to the guide.
    .replace(/\n*@example[\s\S]*$/, "");
}
