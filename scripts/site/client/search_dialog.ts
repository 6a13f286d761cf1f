/// <reference lib="dom" />
/**
 * The window of the search: opens with `/` or Ctrl+K, and is used with the arrow keys.
 *
 * @module
 */
import {
  markWords,
  search,
  type SearchEntry,
  type SearchResult,
  wordsOf,
} from "./search.ts";

const LIMIT = 30;

const DIALOG = `<form method="dialog" role="search">
<input type="search" role="combobox" aria-label="Search the documentation" placeholder="Search the documentation" aria-controls="results" aria-expanded="false" aria-autocomplete="list" autocomplete="off" spellcheck="false" enterkeyhint="go">
<button aria-label="Close the search">Esc</button>
</form>
<p class="state" role="status"></p>
<ul id="results" role="listbox" aria-label="Results"></ul>`;

declare global {
  /** Set by the script that {@linkcode loadEntries} adds. */
  var searchEntries: readonly SearchEntry[] | undefined;
}

/** Connects the button and the keys. */
export function setUpSearch(): void {
  const dialog = new SearchDialog(document.documentElement.dataset.root ?? "");
  document.querySelector("[data-search]")
    ?.addEventListener("click", () => dialog.open());
  addEventListener("keydown", (event) => {
    const isShortcut = event.key === "/"
      ? !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event)
      : event.key === "k" && (event.ctrlKey || event.metaKey);
    if (!isShortcut) return;
    event.preventDefault();
    dialog.open();
  });
}

function isTyping({ target }: Event): boolean {
  return target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches("input, textarea, select"));
}

class SearchDialog {
  readonly #root: string;
  readonly #dialog = document.createElement("dialog");
  readonly #input: HTMLInputElement;
  readonly #state: HTMLElement;
  readonly #list: HTMLElement;
  #chosen = 0;

  constructor(root: string) {
    this.#root = root;
    this.#dialog.className = "search";
    this.#dialog.setAttribute("aria-label", "Search");
    this.#dialog.innerHTML = DIALOG;
    this.#input = this.#dialog.querySelector("input")!;
    this.#state = this.#dialog.querySelector(".state")!;
    this.#list = this.#dialog.querySelector("#results")!;
    this.#input.addEventListener("input", () => this.#find());
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    this.#dialog.addEventListener("click", ({ target }) => {
      // A click beside the window, or on a result of this page.
      const isResult = target instanceof Element && target.closest("a");
      if (target === this.#dialog || isResult) this.#dialog.close();
    });
    document.body.append(this.#dialog);
  }

  open(): void {
    if (this.#dialog.open) return;
    this.#dialog.showModal();
    this.#input.select();
    if (globalThis.searchEntries) return;
    this.#state.textContent = "Loading …";
    loadEntries(this.#root).then(
      () => this.#find(),
      () => this.#state.textContent = "The search could not be loaded.",
    );
  }

  #find(): void {
    const entries = globalThis.searchEntries;
    if (!entries) return;
    const query = this.#input.value;
    const results = search(entries, query, LIMIT);
    this.#list.replaceChildren(
      ...results.map((result) => this.#item(result, wordsOf(query))),
    );
    this.#input.setAttribute("aria-expanded", String(results.length > 0));
    this.#state.textContent = !query.trim()
      ? ""
      : results.length === 0
      ? "Nothing found. All words of a query must occur in one section."
      : `${results.length === LIMIT ? "The best " : ""}${results.length} ${
        results.length === 1 ? "result" : "results"
      }`;
    this.#choose(0);
  }

  #item({ entry, excerpt }: SearchResult, words: readonly string[]) {
    const item = document.createElement("li");
    item.setAttribute("role", "presentation");
    const link = document.createElement("a");
    link.setAttribute("role", "option");
    link.tabIndex = -1;
    link.href = this.#root + entry.url;
    const place = element("span", "place", entry.page, []);
    const heading = element(
      "strong",
      "",
      entry.heading || entry.page,
      words,
    );
    link.append(
      ...entry.heading ? [place] : [],
      heading,
      element("span", "excerpt", excerpt, words),
    );
    item.append(link);
    return item;
  }

  #choose(index: number): void {
    const options = [...this.#list.querySelectorAll("a")];
    this.#chosen = options.length > 0
      ? (index + options.length) % options.length
      : 0;
    options.forEach((option, i) => {
      option.id = `result-${i}`;
      option.setAttribute("aria-selected", String(i === this.#chosen));
    });
    const chosen = options[this.#chosen];
    if (chosen) {
      this.#input.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else this.#input.removeAttribute("aria-activedescendant");
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") this.#choose(this.#chosen + 1);
    else if (event.key === "ArrowUp") this.#choose(this.#chosen - 1);
    else if (event.key === "Enter") {
      this.#list.querySelectorAll("a")[this.#chosen]?.click();
    } else return;
    event.preventDefault();
  }
}

/** An element with a text, in which the words of the query are marked. */
function element(
  tag: string,
  className: string,
  text: string,
  words: readonly string[],
): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(
    ...markWords(text, words).map((part) => {
      if (!part.marked) return part.text;
      const mark = document.createElement("mark");
      mark.textContent = part.text;
      return mark;
    }),
  );
  return made;
}

/** Loads the texts at the first use. They are a script, as a page from a file cannot fetch JSON. */
function loadEntries(root: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${root}assets/search.js`;
    script.onload = () => resolve();
    script.onerror = () => {
      script.remove();
      reject(new Error(`Cannot load ${script.src}`));
    };
    document.head.append(script);
  });
}
