/**
 * The format of `~/.aws/config` and `~/.aws/credentials`.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html}
 * @module
 */

/** Settings by name. Maps, so that no name reaches a prototype. */
export type IniSection = ReadonlyMap<string, string>;

/** Sections by the text between their brackets, spaces made one. */
export type IniFile = ReadonlyMap<string, IniSection>;

/**
 * Parses a file. Lines that are neither a section, a setting nor a comment are passed over, as the SDKs do; a nested
 * setting is called `outer.inner`. A section or setting that comes twice is merged, the later value wins.
 */
export function parseIni(text: string): IniFile {
  const file = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let outer: string | undefined;
  for (const rawLine of text.replace(/^\ufeff/, "").split(/\r?\n/)) {
    // A comment starts a line or follows a space: a secret key may hold a "#" or ";" anywhere else.
    const line = rawLine.split(/(?:^|\s)[;#]/, 1)[0]!.trimEnd();
    const header = /^\[(.+)\]$/.exec(line.trim());
    if (header) {
      const name = sectionName(header[1]!);
      section = file.get(name) ?? new Map();
      file.set(name, section);
      outer = undefined;
      continue;
    }
    const equals = line.indexOf("=");
    if (!section || equals < 1) continue;
    const name = line.slice(0, equals).trim();
    const value = line.slice(equals + 1).trim();
    const isIndented = /^\s/.test(line);
    if (value === "") outer = name;
    else if (!isIndented) outer = undefined;
    if (value === "" || name === "") continue;
    section.set(outer ? `${outer}.${name}` : name, value);
  }
  return file;
}

/** `profile  "a b"` and `profile a` become `profile a b` and `profile a`. */
function sectionName(text: string): string {
  const [, type, rest] = /^(\S+)\s+(.+)$/.exec(text.trim()) ?? [];
  if (!type || !rest) return text.trim();
  return `${type} ${rest.trim().replace(/^(["'])(.*)\1$/, "$2")}`;
}
