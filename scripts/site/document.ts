/**
 * A Markdown file: its headings with the anchors that GitHub gives them, its links and its text.
 *
 * @module
 */
import GithubSlugger from "github-slugger";
import { Marked, type Token, type Tokens } from "marked";

/** A heading. */
export interface Heading {
  /** From 1 to 6. */
  readonly depth: number;
  /** The text without formatting. */
  readonly text: string;
  /** The anchor. */
  readonly id: string;
}

/** The text below a heading, up to the next heading. */
export interface Section {
  /** The heading, or undefined for the text above the first heading. */
  readonly heading?: Heading;
  readonly text: string;
}

/** A Markdown file that has been read. */
export interface MarkdownDocument {
  /** The text of the first heading. */
  readonly title: string;
  /** The start of the first paragraph. */
  readonly description: string;
  readonly tokens: readonly Token[];
  /** The headings with their tokens, in the order of the file. */
  readonly headings: ReadonlyMap<Tokens.Heading, Heading>;
  readonly sections: readonly Section[];
  /** The targets of links and images, as they are written in the file. */
  readonly links: readonly string[];
}

/** Search engines show about this many characters of a description. */
const LONGEST_DESCRIPTION = 160;

/** Reads a Markdown file. */
export function documentOf(markdown: string): MarkdownDocument {
  const marked = new Marked({ gfm: true });
  const tokens = marked.lexer(markdown);
  const slugger = new GithubSlugger();
  const headings = new Map<Tokens.Heading, Heading>();
  const links: string[] = [];
  marked.walkTokens(tokens, (token) => {
    if (token.type === "heading") {
      const text = textOf(token.tokens);
      const id = slugger.slug(text);
      headings.set(token as Tokens.Heading, { depth: token.depth, text, id });
    } else if (token.type === "link" || token.type === "image") {
      links.push(token.href);
    }
  });
  const paragraph = tokens.find(({ type }) => type === "paragraph");
  return {
    title: [...headings.values()][0]?.text ?? "",
    description: shortened(paragraph ? textOf([paragraph]) : ""),
    tokens,
    headings,
    sections: sectionsOf(tokens, headings),
    links,
  };
}

/** The text of tokens without formatting. */
export function textOf(tokens: readonly Token[] = []): string {
  return tokens.map(textOfToken).join("");
}

function textOfToken(token: Token): string {
  switch (token.type) {
    case "html":
      return "";
    case "br":
    case "space":
      return " ";
    case "list":
      return token.items.map((item: Token) => `${textOfToken(item)} `).join("");
    case "table": {
      const { header, rows } = token as Tokens.Table;
      return [header, ...rows].flat()
        .map((cell) => `${textOf(cell.tokens)} `).join("");
    }
    case "code":
      return `${token.text} `;
  }
  if (!("tokens" in token) || !token.tokens) {
    return "text" in token ? token.text : "";
  }
  const text = textOf(token.tokens);
  return token.type === "paragraph" || token.type === "blockquote"
    ? `${text} `
    : text;
}

/** Divides the file at its headings. Headings in lists and quotations do not divide it. */
function sectionsOf(
  tokens: readonly Token[],
  headings: ReadonlyMap<Tokens.Heading, Heading>,
): Section[] {
  const sections: { heading?: Heading; text: string }[] = [{ text: "" }];
  for (const token of tokens) {
    if (token.type === "heading") {
      sections.push({
        heading: headings.get(token as Tokens.Heading),
        text: "",
      });
    } else sections.at(-1)!.text += textOfToken(token);
  }
  return sections
    .map(({ heading, text }) => ({ heading, text: oneLine(text) }))
    .filter(({ heading, text }) => heading || text);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function shortened(text: string): string {
  const line = oneLine(text);
  return line.length <= LONGEST_DESCRIPTION
    ? line
    : `${line.slice(0, LONGEST_DESCRIPTION - 1).replace(/\s+\S*$/, "")}…`;
}
