/**
 * Parses the XML of STS: elements and text. Attributes are skipped, and namespace prefixes are
 * removed from names. A document type is an error, so no entity is fetched or expanded.
 *
 * @module
 */

/** An element. */
export interface XmlElement {
  /** The name without its namespace prefix. */
  readonly name: string;
  /** The elements inside, in order. */
  readonly children: readonly XmlElement[];
  /** The text directly inside, with entities decoded and without white space around it. */
  readonly text: string;
}

interface OpenElement {
  readonly tag: string;
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/** The deepest nesting. Answers of STS have a depth of 4. */
const MAX_DEPTH = 32;

/**
 * One piece of markup: a comment, CDATA, processing instruction, declaration, end tag or start tag.
 * No alternative can match the same text in two ways, so matching takes linear time.
 */
const MARKUP =
  /<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<\?[^]*?\?>|<!([^>]*)>|<\/([^\s>]+)\s*>|<([^\s/>"']+)(?=[\s/>])((?:"[^"]*"|'[^']*'|[^>"'])*)>/y;

/**
 * Parses a document.
 *
 * @throws {SyntaxError} if it is not a document. The message does not show the text
 */
export function parseXml(text: string): XmlElement {
  const top: OpenElement = { tag: "", name: "", children: [], text: "" };
  const open = [top];
  const markup = new RegExp(MARKUP);
  let offset = text.startsWith("\ufeff") ? 1 : 0;
  while (offset < text.length) {
    const current = open.at(-1)!;
    const next = text.indexOf("<", offset);
    const end = next < 0 ? text.length : next;
    if (end > offset) {
      current.text += decodeEntities(text.slice(offset, end));
      offset = end;
      continue;
    }
    markup.lastIndex = offset;
    const match = markup.exec(text);
    if (!match) throw new SyntaxError(`unfinished markup at ${offset}`);
    const [whole, cdata, declaration, endTag, startTag, rest] = match;
    offset += whole.length;
    if (cdata !== undefined) current.text += cdata;
    else if (declaration !== undefined) {
      throw new SyntaxError("a document type is not accepted");
    } else if (endTag !== undefined) {
      if (open.length === 1 || current.tag !== endTag) {
        throw new SyntaxError(`an end tag that closes nothing at ${offset}`);
      }
      open.pop();
      open.at(-1)!.children.push(finish(current));
    } else if (startTag !== undefined) {
      if (open.length > MAX_DEPTH) {
        throw new SyntaxError(`nested deeper than ${MAX_DEPTH}`);
      }
      const name = startTag.slice(startTag.indexOf(":") + 1);
      const element = { tag: startTag, name, children: [], text: "" };
      if (rest!.endsWith("/")) current.children.push(finish(element));
      else open.push(element);
    }
  }
  if (open.length > 1) throw new SyntaxError("an element is not closed");
  const [root] = top.children;
  if (!root || top.children.length > 1 || top.text.trim() !== "") {
    throw new SyntaxError("the document is not exactly one element");
  }
  return root;
}

/** The first element at a path below another element, for example `["Error", "Code"]`. */
export function findXml(
  element: XmlElement | undefined,
  path: readonly string[],
): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>(
    (at, name) => at?.children.find((child) => child.name === name),
    element,
  );
}

function finish({ name, children, text }: OpenElement): XmlElement {
  return { name, children, text: text.trim() };
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

function decodeEntities(text: string): string {
  return text.replace(/&([^;&]{0,10});?/g, (whole, name: string) => {
    const known = ENTITIES.get(name);
    const [, hex, decimal] = /^#(?:x([0-9a-f]+)|([0-9]+))$/i.exec(name) ?? [];
    const code = hex
      ? parseInt(hex, 16)
      : decimal
      ? parseInt(decimal, 10)
      : undefined;
    if (!whole.endsWith(";") || (code ?? 0) > 0x10ffff) {
      throw new SyntaxError("a damaged entity");
    }
    if (code !== undefined) return String.fromCodePoint(code);
    if (known === undefined) throw new SyntaxError("an unknown entity");
    return known;
  });
}
