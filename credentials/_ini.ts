/**
 * Parses `~/.aws/config` and `~/.aws/credentials`. Their format is a dialect of INI: parsers for
 * common INI files read comments, nested settings and continued lines differently.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html}
 * @module
 */

/**
 * Values by the name of the setting, in lower case. A map, so that no name is that of a prototype.
 */
export type IniSection = ReadonlyMap<string, string>;

/**
 * Sections by name: `default`, or a type and a name with one space between, such as `profile dev`.
 */
export type IniFile = ReadonlyMap<string, IniSection>;

/** A name of a setting, or of a profile without quotes. */
const NAME = /^[\w\-/.%@:+]+$/;

/** Headers, broken ones too: they begin with a bracket, or end with one and have no equals sign. */
const HEADER = /^\[|^[^=#;]*\]\s*(?:[#;].*)?$/;

/**
 * Parses a file. A line that cannot be read may be a broken header, such as `[prod`, `prod]` or
 * `prod`, so it ends the section: the settings after it are dropped up to the next header, and no
 * profile gets the keys of another profile. Only settings and nested settings with impossible
 * names or without a value are skipped.
 *
 * A nested setting is named `outer.inner`. A line that continues a value is appended to the value
 * after a line break. Sections with the same name are merged; the last value of a setting counts.
 */
export function parseIni(text: string): IniFile {
  const parser = new Parser();
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/)) {
    parser.addLine(line);
  }
  return parser.file;
}

/** The last setting that started in the first column or has no setting around it. */
interface LastSetting {
  /** Absent if the setting cannot be read. */
  readonly name?: string;
  /** Whether the setting has no value. Indented lines are then nested settings. */
  readonly isNested: boolean;
}

class Parser {
  readonly file = new Map<string, Map<string, string>>();
  #section: Map<string, string> | undefined;
  #last: LastSetting | undefined;

  addLine(line: string): void {
    const content = line.trim();
    if (content === "" || /^[#;]/.test(content)) return;
    if (HEADER.test(content)) return this.#startSection(content);
    const section = this.#section;
    if (!section) return;
    const outer = /^\s/.test(line) ? this.#last : undefined;
    if (outer?.isNested || outer && !outer.name) {
      return this.#addNested(section, outer, content);
    }
    const isSetting = this.#addSetting(section, content);
    // An indented line with "=" after a setting with a value is a setting, as in the SDK for
    // JavaScript. The other SDKs differ among themselves.
    if (isSetting) return;
    if (!outer?.name) return this.#endSection();
    section.set(outer.name, `${section.get(outer.name)}\n${content}`);
  }

  #endSection(): void {
    this.#section = undefined;
    this.#last = undefined;
  }

  #startSection(content: string): void {
    this.#endSection();
    // A comment may follow the bracket without a space.
    const [, header] = /^\[([^\]#;]*)\]\s*(?:[#;].*)?$/.exec(content) ?? [];
    const name = header && sectionName(header.trim());
    this.#section = name ? this.file.get(name) ?? new Map() : undefined;
    if (name) this.file.set(name, this.#section!);
  }

  /** Adds the setting of a line. Returns false if the line is not a setting. */
  #addSetting(section: Map<string, string>, content: string): boolean {
    const pair = split(content);
    if (!pair) return false;
    const { name, value } = pair;
    this.#last = { name, isNested: value === "" };
    if (name && value !== "") section.set(name, value);
    return true;
  }

  #addNested(
    section: Map<string, string>,
    { name }: LastSetting,
    content: string,
  ): void {
    const inner = split(content);
    if (!name || !inner?.name || inner.value === "") return;
    section.set(`${name}.${inner.name}`, inner.value);
  }
}

/**
 * The name and the value of a setting, without a comment. Without a name if the name is not valid.
 * `undefined` if there is no equals sign after at least one character.
 */
function split(content: string): { name?: string; value: string } | undefined {
  // A comment starts after a space. Elsewhere, "#" and ";" may be part of a secret key.
  const line = content.split(/\s[#;]/, 1)[0]!;
  const equals = line.indexOf("=");
  if (equals < 1) return undefined;
  const name = line.slice(0, equals).trim();
  const value = line.slice(equals + 1).trim();
  return { name: NAME.test(name) ? name.toLowerCase() : undefined, value };
}

/**
 * The name of a section: `profile a b` for the header `profile  "a b"`. `undefined` if the name is
 * not valid.
 */
function sectionName(header: string): string | undefined {
  if (NAME.test(header)) return header;
  const [, type, quote, quoted, plain] =
    /^([\w-]+)\s+(?:(["'])([^"']+)\2|(\S+))$/.exec(header) ?? [];
  const name = quote ? quoted!.trim() : plain;
  return name && (quote || NAME.test(name)) ? `${type} ${name}` : undefined;
}
