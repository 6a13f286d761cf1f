/**
 * Makes and changes elements. Texts are set as text only: names and errors come from elsewhere.
 *
 * @module
 */

/** The element with an id, which the page has. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

/** Makes an element with a class and children. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children);
  return element;
}

/** Makes an element of a picture with attributes. */
export function makeSvg(
  tag: string,
  attributes: Readonly<Record<string, string>>,
  ...children: Node[]
): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Sets a text if it has changed: unchanged elements cost no layout. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute if it has changed, or removes it. */
export function setAttribute(
  element: Element,
  name: string,
  value: string | undefined,
): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

/** Sets a style if it has changed. */
export function setStyle(
  element: HTMLElement,
  name: string,
  value: string,
): void {
  if (element.style.getPropertyValue(name) !== value) {
    element.style.setProperty(name, value);
  }
}

/**
 * Makes the children of an element match keys, in their order. Elements of the same key are kept,
 * with the focus that one of them may have.
 */
export function keepChildren<E extends HTMLElement>(
  parent: Element,
  known: Map<string, E>,
  keys: readonly string[],
  create: (key: string) => E,
): void {
  const wanted = new Set(keys);
  for (const [key, element] of known) {
    if (wanted.has(key)) continue;
    element.remove();
    known.delete(key);
  }
  const focused = document.activeElement as HTMLElement | null;
  let next = parent.firstElementChild;
  for (const key of keys) {
    let element = known.get(key);
    if (!element) {
      element = create(key);
      known.set(key, element);
    }
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
  // Moving an element takes the focus from it.
  if (
    focused && focused !== document.activeElement && parent.contains(focused)
  ) focused.focus({ preventScroll: true });
}

/** A time of day. */
export function clockText(time: number): string {
  return new Date(time).toLocaleTimeString([], { hour12: false });
}
