/// <reference lib="dom" />
/**
 * Help for reading: boxes that scroll by keyboard, and the place in the navigation.
 *
 * @module
 */

/** Boxes that are wider than the page can be scrolled by keyboard. */
export function letScroll(): void {
  const update = () => {
    for (const box of document.querySelectorAll<HTMLElement>(".scroll")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  addEventListener("resize", update);
  update();
}

/** Scrolls the navigation to the current page, but not the page itself. */
export function showCurrentPage(): void {
  const current = document.querySelector<HTMLElement>(
    ".guides [aria-current]",
  );
  if (current) scrollTo(current, ".guides");
}

/** Scrolls a box until it shows an element in its middle, unless the box shows the element. */
function scrollTo(element: HTMLElement, selector: string): void {
  const box = element.closest<HTMLElement>(selector);
  if (!box) return;
  const shown = box.getBoundingClientRect();
  const { top, bottom } = element.getBoundingClientRect();
  if (top < shown.top || bottom > shown.bottom) {
    box.scrollTop += top - shown.top - box.clientHeight / 2;
  }
}

/** Marks the section that is being read in the table of contents. */
export function followHeadings(): void {
  const links = new Map<Element, HTMLElement>();
  for (
    const link of document.querySelectorAll<HTMLAnchorElement>(".contents a")
  ) {
    const id = decodeURIComponent(link.hash.slice(1));
    const heading = document.getElementById(id);
    if (heading) links.set(heading, link);
  }
  const headings = [...links.keys()];
  if (headings.length === 0) return;
  const mark = () => {
    const top = document.querySelector("header")?.clientHeight ?? 0;
    const { clientHeight, scrollHeight, scrollTop } = document.documentElement;
    // The last sections cannot be scrolled to the top of the window.
    const isAtEnd = scrollTop > 0 &&
      scrollTop + clientHeight >= scrollHeight - 2;
    const read = isAtEnd
      ? headings.at(-1)
      : headings.findLast((heading) =>
        heading.getBoundingClientRect().top < top + 40
      );
    for (const [heading, link] of links) {
      if (heading === read) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
    const link = read && links.get(read);
    if (link) scrollTo(link, ".contents");
  };
  let isPlanned = false;
  addEventListener("scroll", () => {
    if (isPlanned) return;
    isPlanned = true;
    requestAnimationFrame(() => {
      isPlanned = false;
      mark();
    });
  }, { passive: true });
  mark();
}
