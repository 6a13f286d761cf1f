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

/** Headers, broken ones too: they begin with a bracket, or end with one and have no equals sign. */
const HEADER = /^\[|^[^=#;]*\]\s*(?:[#;].*)?$/;

/**
 * Parses a file. A line that cannot be read may be a broken header, so it ends the section: the settings behind it are
 * dropped up to the next header, and no profile ever gets the keys of another. That goes for `[prod`, `prod]` and `prod`.
 * Passed over are only settings and nested settings with impossible names or without a value. A nested setting is
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

/** The setting before this line. */
interface Open {
  /** Absent if that setting cannot be read. */
  readonly name?: string;
  /** Whether it has no value, so that indented lines are settings inside it. */
  readonly isNested: boolean;
}

class Parser {
  readonly file = new Map<string, Map<string, string>>();
  #section: Map<string, string> | undefined;
  #open: Open | undefined;

  take(line: string): void {
    const content = line.trim();
    if (content === "" || /^[#;]/.test(content)) return;
    if (HEADER.test(content)) return this.#begin(content);
    const section = this.#section;
    if (!section) return;
    const open = /^\s/.test(line) ? this.#open : undefined;
    if (open?.isNested || open && !open.name) {
      return this.#inside(section, open, content);
    }
    const isSetting = this.#setting(section, content);
    // The SDKs read an indented line with a "=" behind a value in different ways. It is a setting here, as in the SDK for
    // JavaScript, so that a file may indent its settings freely.
    if (isSetting) return;
    if (!open?.name) return this.#end();
    section.set(open.name, `${section.get(open.name)}\n${content}`);
  }

  #end(): void {
    this.#section = undefined;
    this.#open = undefined;
  }

  #begin(content: string): void {
    this.#end();
    // A comment may follow the bracket directly.
    const [, header] = /^\[([^\]#;]*)\]\s*(?:[#;].*)?$/.exec(content) ?? [];
    const name = header && sectionName(header.trim());
    this.#section = name ? this.file.get(name) ?? new Map() : undefined;
    if (name) this.file.set(name, this.#section!);
  }

  /** Returns whether the line has the form of a setting. */
  #setting(section: Map<string, string>, content: string): boolean {
    const pair = split(content);
    if (!pair) return false;
    const { name, value } = pair;
    this.#open = { name, isNested: value === "" };
    if (name && value !== "") section.set(name, value);
    return true;
  }

  #inside(
    section: Map<string, string>,
    { name }: Open,
    content: string,
  ): void {
    const inner = split(content);
    if (!name || !inner?.name || inner.value === "") return;
    section.set(`${name}.${inner.name}`, inner.value);
  }
}

/** The two sides of the first equals sign, without a comment; without a name if that cannot be one. */
function split(content: string): { name?: string; value: string } | undefined {
  // A comment follows a space: a secret key may hold a "#" or ";" anywhere else.
  const line = content.split(/\s[#;]/, 1)[0]!;
  const equals = line.indexOf("=");
  if (equals < 1) return undefined;
  const name = line.slice(0, equals).trim();
  const value = line.slice(equals + 1).trim();
  return { name: NAME.test(name) ? name.toLowerCase() : undefined, value };
}

/** `profile  "a b"` and `profile a` become `profile a b` and `profile a`; `undefined` for names that cannot be. */
function sectionName(header: string): string | undefined {
  if (NAME.test(header)) return header;
  const [, type, quote, quoted, plain] =
    /^([\w-]+)\s+(?:(["'])([^"']+)\2|(\S+))$/.exec(header) ?? [];
  const name = quote ? quoted!.trim() : plain;
  return name && (quote || NAME.test(name)) ? `${type} ${name}` : undefined;
}
