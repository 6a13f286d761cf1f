/**
 * HTML of a Markdown file.
 *
 * @module
 */
import hljs from "highlight.js/lib/common";
import { Marked, type RendererObject, type Tokens } from "marked";
import type { MarkdownDocument } from "./document.ts";
import { escapeHtml } from "./html.ts";

/**
 * Says where a link or an image of a Markdown file leads in the site. Undefined leaves the text
 * alone.
 */
export type ResolveLink = (
  href: string,
  use: "link" | "image",
) => string | undefined;

/** Raw HTML that is kept: elements without attributes, which can do no harm. */
const KEPT_HTML =
  /^(?:\s|<\/?(?:br|kbd|sub|sup|details|summary)\s*\/?>|[^<>])*$/;

/** Raw HTML that is dropped. */
const COMMENT = /<!--[\s\S]*?-->/g;

/** Renders a file. Raw HTML becomes text, except for comments and a few elements. */
export function renderDocument(
  document: MarkdownDocument,
  resolveLink: ResolveLink,
): string {
  const marked = new Marked({ gfm: true });
  marked.use({ renderer: rendererOf(document, resolveLink) });
  return marked.parser([...document.tokens]);
}

function rendererOf(
  document: MarkdownDocument,
  resolveLink: ResolveLink,
): RendererObject {
  return {
    heading(token) {
      const content = this.parser.parseInline(token.tokens);
      return headingHtml(document, token, content);
    },
    link({ href, title, tokens }) {
      const content = this.parser.parseInline(tokens);
      const target = resolveLink(href, "link");
      if (target === undefined) return content;
      const tip = title ? ` title="${escapeHtml(title)}"` : "";
      return `<a href="${escapeHtml(target)}"${tip}>${content}</a>`;
    },
    image({ href, title, text }) {
      const target = resolveLink(href, "image");
      if (target === undefined) return escapeHtml(text);
      const tip = title ? ` title="${escapeHtml(title)}"` : "";
      return `<img src="${escapeHtml(target)}" alt="${
        escapeHtml(text)
      }"${tip} loading="lazy">`;
    },
    code: codeHtml,
    html({ text }) {
      const rest = text.replace(COMMENT, "");
      return KEPT_HTML.test(rest) ? rest : escapeHtml(rest);
    },
    table({ header, rows }) {
      const row = (cells: Tokens.TableCell[]) =>
        `<tr>${
          cells.map((cell) =>
            cellHtml(cell, this.parser.parseInline(cell.tokens))
          ).join("")
        }</tr>\n`;
      const wide = header.length > 4
        ? "widest"
        : header.length > 2
        ? "wide"
        : "";
      return `<div class="table scroll"><table class="${wide}">\n<thead>\n${
        row(header)
      }</thead>\n<tbody>\n${rows.map(row).join("")}</tbody>\n</table></div>\n`;
    },
  };
}

function headingHtml(
  { headings }: MarkdownDocument,
  token: Tokens.Heading,
  content: string,
): string {
  const { id, text, depth } = headings.get(token)!;
  const anchor = depth === 1
    ? ""
    : ` <a class="anchor" href="#${encodeURIComponent(id)}" aria-label="${
      escapeHtml(`Link to the section “${text}”`)
    }">#</a>`;
  return `<h${depth} id="${escapeHtml(id)}">${content}${anchor}</h${depth}>\n`;
}

/** A block of code. Colors are for the languages that the Markdown names and highlight.js knows. */
function codeHtml({ text, lang = "" }: Tokens.Code): string {
  const [language = ""] = lang.split(/[\s,]/);
  const code = hljs.getLanguage(language)
    ? hljs.highlight(text, { language }).value
    : escapeHtml(text);
  const label = language ? ` data-language="${escapeHtml(language)}"` : "";
  return `<div class="code"${label}><pre class="scroll"><code>${code}\n</code></pre></div>\n`;
}

function cellHtml({ header, align }: Tokens.TableCell, content: string) {
  const kind = header ? 'th scope="col"' : "td";
  const place = align && align !== "left" ? ` class="${align}"` : "";
  return `<${kind}${place}>${content}</${kind.slice(0, 2)}>`;
}
