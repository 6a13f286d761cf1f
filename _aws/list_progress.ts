/**
 * Ends lists whose pages lead in a circle.
 *
 * @module
 */
import { ResponseError } from "../errors.ts";

/** A server may cut a list anywhere, so single pages may be empty. Longer runs never end. */
const MAX_PAGES_WITHOUT_NEW_ITEMS = 100;

/**
 * Watches that one pass over a list comes to an end: no request repeats an earlier one, and at most
 * 100 pages in a row name no new item.
 */
export class ListProgress {
  readonly #action: string;
  readonly #requests = new Set<string>();
  readonly #keys = new Set<string>();
  #pagesWithoutNewItems = 0;

  /** Nothing is listed yet. `action` is the API action, for messages. */
  constructor(action: string) {
    this.#action = action;
  }

  /**
   * Notes a page, by the keys of its items and the request that it names for the next page.
   *
   * @throws {ResponseError} if the list would never end
   */
  page(keys: Iterable<string>, next: unknown): void {
    const before = this.#keys.size;
    for (const key of keys) this.#keys.add(key);
    const hasNewItem = this.#keys.size > before;
    this.#pagesWithoutNewItems = hasNewItem
      ? 0
      : this.#pagesWithoutNewItems + 1;
    const request = JSON.stringify(next);
    if (this.#requests.has(request)) {
      throw this.#endless("the same next page was named twice");
    }
    this.#requests.add(request);
    if (this.#pagesWithoutNewItems < MAX_PAGES_WITHOUT_NEW_ITEMS) return;
    throw this.#endless(
      `${MAX_PAGES_WITHOUT_NEW_ITEMS} pages in a row named no new item`,
    );
  }

  #endless(reason: string): ResponseError {
    return new ResponseError(
      `Cannot ${this.#action} to the end: ${reason}`,
      { status: 200, retryable: false },
    );
  }
}
