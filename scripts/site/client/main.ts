/// <reference lib="dom" />
/**
 * What the pages of the site do in the browser. Without it, all pages can be read.
 *
 * @module
 */
import { addCopyButtons } from "./copy.ts";
import { followHeadings, letScroll, showCurrentPage } from "./reading.ts";
import { setUpSearch } from "./search_dialog.ts";
import { setUpTheme } from "./theme.ts";

setUpTheme();
setUpSearch();
addCopyButtons();
letScroll();
showCurrentPage();
followHeadings();
