/**
 * The format of `~/.aws/config` and `~/.aws/credentials`. It is a dialect of its own, of which a parser for common INI files
 * would read the comments, the nested settings and the continued lines in another way.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html}
 * @module
 */

/** Settings by name, in small letters. Maps, so that no name reaches a prototype. */
export type IniSection = ReadonlyMap<string, string>;

/** Sections by name: `default`, or a type and a name with one space between, as in `profile dev`. */
export type IniFile = ReadonlyMap<string, IniSection>;

/** Names of profiles without quotes, and of settings. */
const NAME = /^[\w\-/.%@:+]+$/;

/**
 * Parses a file. What cannot be read is passed over: a header that is broken or has an impossible name ends the section
 * before it, and its own settings are dropped, so that no profile ever gets the keys of another. A nested setting is
 * called `outer.inner`; a line that continues a value is joined to it with a line break. A section that comes twice is
 * merged, and the last value of a setting wins.
 */
export function parseIni(text: string): IniFile {
  const parser = new Parser();
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/)) {
    parser.take(line);
  }
  return parser.file;
}

/** The setting that lines with a deeper indentation belong to. */
interface Open {
  /** Absent if that setting cannot be read. */
  readonly name?: string;
  readonly indent: number;
  readonly isNested: boolean;
}

class Parser {
  readonly file = new Map<string, Map<string, string>>();
  #section: Map<string, string> | undefined;
  #open: Open | undefined;

  take(line: string): void {
    const content = line.trim();
    if (content === "" || /^[#;]/.test(content)) return;
    if (content.startsWith("[")) return this.#begin(content);
    const section = this.#section;
    if (!section) return;
    const indent = line.length - line.trimStart().length;
    const open = this.#open;
    if (open && indent > open.indent) this.#goOn(section, open, content);
    else this.#setting(section, indent, content);
  }

  #begin(content: string): void {
    this.#open = undefined;
    // A comment may follow the bracket directly.
    const [, header] = /^\[([^\]#;]*)\]\s*(?:[#;].*)?$/.exec(content) ?? [];
    const name = header && sectionName(header.trim());
    this.#section = name ? this.file.get(name) ?? new Map() : undefined;
    if (name) this.file.set(name, this.#section!);
  }

  #setting(
    section: Map<string, string>,
    indent: number,
    content: string,
  ): void {
    // A comment follows a space: a secret key may hold a "#" or ";" anywhere else.
    const pair = split(content.split(/\s[#;]/, 1)[0]!);
    this.#open = { name: pair?.name, indent, isNested: pair?.value === "" };
    if (!pair) return;
    const { name, value } = pair;
    if (value === "") section.delete(name);
    else section.set(name, value);
  }

  #goOn(
    section: Map<string, string>,
    { name, isNested }: Open,
    content: string,
  ): void {
    if (name === undefined) return;
    if (!isNested) {
      section.set(name, `${section.get(name)}\n${content}`);
      return;
    }
    const inner = split(content.split(/\s[#;]/, 1)[0]!);
    if (inner?.value) section.set(`${name}.${inner.name}`, inner.value);
  }
}

function split(content: string): { name: string; value: string } | undefined {
  const equals = content.indexOf("=");
  const name = content.slice(0, equals).trim();
  if (equals < 0 || !NAME.test(name)) return undefined;
  const value = content.slice(equals + 1).trim();
  return { name: name.toLowerCase(), value };
}

/** `profile  "a b"` and `profile a` become `profile a b` and `profile a`; `undefined` for names that cannot be. */
function sectionName(header: string): string | undefined {
  if (NAME.test(header)) return header;
  const [, type, quote, quoted, plain] =
    /^([\w-]+)\s+(?:(["'])([^"']+)\2|(\S+))$/.exec(header) ?? [];
  const name = quote ? quoted!.trim() : plain;
  return name && (quote || NAME.test(name)) ? `${type} ${name}` : undefined;
}
