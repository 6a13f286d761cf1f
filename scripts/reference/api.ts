/**
 * The exported interfaces of an entry point, as `deno doc --json` describes them.
 *
 * @module
 */

/** A member of an interface: an option, a number of a status, or a hook. */
export interface Member {
  readonly name: string;
  readonly isOptional: boolean;
  readonly isMethod: boolean;
  /** The type as the source has it, on one line. Of a method: its parameters. */
  readonly type: string;
  /** The text of its comment, in Markdown. */
  readonly doc: string;
  /** The default, as the comment names it. */
  readonly fallback?: string;
}

/** An exported interface. */
export interface ApiInterface {
  readonly name: string;
  readonly doc: string;
  /** The names of the interfaces that it extends. */
  readonly parents: readonly string[];
  readonly members: readonly Member[];
}

interface Location {
  readonly filename: string;
  readonly line: number;
  readonly col: number;
}

interface JsDoc {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string; readonly value?: string }[];
}

interface DocMember {
  readonly name: string;
  readonly optional?: boolean;
  readonly jsDoc?: JsDoc;
  readonly location: Location;
}

interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly jsDoc?: JsDoc;
    readonly def: {
      readonly properties?: readonly DocMember[];
      readonly methods?: readonly DocMember[];
      readonly extends?: readonly { readonly repr: string }[];
    };
  }[];
}

/** An exported class. */
export interface ApiClass {
  readonly name: string;
  /** The text of its comment, in Markdown, without examples. */
  readonly doc: string;
}

/** The classes that a file exports, in their order. */
export async function classesOf(root: URL, file: string): Promise<ApiClass[]> {
  return (await symbolsOf(root, [file])).flatMap(({ name, declarations }) =>
    declarations.filter(({ kind }) => kind === "class")
      .map(({ jsDoc }) => ({ name, doc: textOf(jsDoc) }))
  );
}

/** What some files export. */
async function symbolsOf(
  root: URL,
  files: readonly string[],
): Promise<DocSymbol[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...files],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
    nodes: Record<string, { symbols: readonly DocSymbol[] }>;
  };
  return Object.values(nodes).flatMap(({ symbols }) => symbols);
}

/** The interfaces that some entry points export, by their names. */
export async function interfacesOf(
  root: URL,
  entryPoints: readonly string[],
): Promise<Map<string, ApiInterface>> {
  const sources = new Sources();
  const found = new Map<string, ApiInterface>();
  for (const { name, declarations } of await symbolsOf(root, entryPoints)) {
    const declared = declarations.find(({ kind }) => kind === "interface");
    if (!declared || found.has(name)) continue;
    const { def, jsDoc } = declared;
    const membersOf = (members: readonly DocMember[], isMethod: boolean) =>
      members.map(async (member): Promise<Member> => ({
        name: member.name,
        isOptional: member.optional === true,
        isMethod,
        type: typeIn(await sources.from(member.location), isMethod),
        doc: textOf(member.jsDoc),
        fallback: defaultIn(member.jsDoc),
      }));
    found.set(name, {
      name,
      doc: textOf(jsDoc),
      parents: (def.extends ?? []).map(({ repr }) => repr),
      members: await Promise.all([
        ...membersOf(def.properties ?? [], false),
        ...membersOf(def.methods ?? [], true),
      ]),
    });
  }
  return found;
}

function textOf(jsDoc: JsDoc | undefined): string {
  return (jsDoc?.doc ?? "").trim();
}

function defaultIn(jsDoc: JsDoc | undefined): string | undefined {
  return jsDoc?.tags?.find(({ kind }) => kind === "default")?.value
    ?.replace(/\s+/g, " ");
}

/** The files of the source, each read once. */
class Sources {
  readonly #files = new Map<string, Promise<string[]>>();

  /** The text of a file from a place on. */
  async from({ filename, line, col }: Location): Promise<string> {
    let lines = this.#files.get(filename);
    if (!lines) {
      lines = Deno.readTextFile(new URL(filename))
        .then((text) => text.split("\n"));
      this.#files.set(filename, lines);
    }
    const [first = "", ...rest] = (await lines).slice(line - 1);
    return [first.slice(col), ...rest].join("\n");
  }
}

const OPENING = "([{<";
const CLOSING = ")]}>";

/** The type of the member at the start of a text, which ends at its semicolon. */
function typeIn(text: string, isMethod: boolean): string {
  const start = isMethod ? text.indexOf("(") : text.indexOf(":") + 1;
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at]!;
    // The ">" of "=>" closes nothing.
    if (OPENING.includes(character)) depth++;
    else if (CLOSING.includes(character) && text[at - 1] !== "=") depth--;
    else if (character === ";" && depth === 0) {
      return text.slice(start, at).replace(/\s+/g, " ")
        .replace(/([([<]) | (?=[)\]>])/g, "$1").replace(/,(?=[)\]}>])/g, "")
        .replace(/^ ?\| /, "").trim();
    }
  }
  throw new Error(`No end of the type: ${text.slice(0, 80)}`);
}
