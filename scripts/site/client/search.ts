/**
 * The search over all guides. It looks through the texts themselves: without an index it finds parts
 * of names such as `maxBatch`, and all texts together take it a few milliseconds.
 *
 * @module
 */

/** One section of a page, or one symbol of the API. */
export interface SearchEntry {
  /** The name of the page. */
  readonly page: string;
  /** The heading of the section. Empty at the start of a page. */
  readonly heading: string;
  /** The address, relative to the site. */
  readonly url: string;
  readonly text: string;
  /** The factor of its score. Lower for pages that few readers look for. @default {1} */
  readonly weight?: number;
}

/** An entry with all words of the query. */
export interface SearchResult {
  readonly entry: SearchEntry;
  /** The text around the first word that was found. */
  readonly excerpt: string;
}

/** A part of a text. Parts that a query names are marked. */
export interface MarkedPart {
  readonly text: string;
  readonly marked: boolean;
}

/** Characters of an excerpt before and after the word that was found. */
const BEFORE = 60;
const AFTER = 140;

/** What a word counts by the place where it is found. */
const SCORES = { heading: 12, page: 6, text: 2 } as const;

/** What a word counts as a whole word, at the start of one, and within one. */
const WHOLE_WORD = 2;
const WORD_START = 1.5;
const WITHIN_WORD = 0.3;

/** What the whole query counts more, as a heading, in a heading and in the text. */
const PHRASE = { isHeading: 20, inHeading: 8, inText: 4 } as const;

/** The words of a query, in lower case. */
export function wordsOf(query: string): string[] {
  return [...new Set(query.toLowerCase().split(/\s+/).filter(Boolean))];
}

/** The best entries that have all words of the query, best first. */
export function search(
  entries: readonly SearchEntry[],
  query: string,
  limit: number,
): SearchResult[] {
  const words = wordsOf(query);
  if (words.length === 0) return [];
  const phrase = query.trim().toLowerCase().replace(/\s+/g, " ");
  const found: { entry: SearchEntry; score: number }[] = [];
  for (const entry of entries) {
    const score = scoreOf(entry, words);
    if (score === 0) continue;
    const { weight = 1 } = entry;
    found.push({ entry, score: (score + phraseScore(entry, phrase)) * weight });
  }
  return found.sort((a, b) => b.score - a.score).slice(0, limit)
    .map(({ entry }) => ({ entry, excerpt: excerptOf(entry.text, words) }));
}

/** Divides a text at the words of a query. */
export function markWords(
  text: string,
  words: readonly string[],
): MarkedPart[] {
  if (words.length === 0) return [{ text, marked: false }];
  const longestFirst = [...words].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(`(${longestFirst.map(escaped).join("|")})`, "gi");
  return text.split(pattern)
    .map((part, index) => ({ text: part, marked: index % 2 === 1 }))
    .filter((part) => part.text);
}

/** The sum over all words, or 0 if one of them is missing. */
function scoreOf(entry: SearchEntry, words: readonly string[]): number {
  const places = [
    [headingOf(entry), SCORES.heading],
    [entry.page.toLowerCase(), SCORES.page],
    [entry.text.toLowerCase(), SCORES.text],
  ] as const;
  let sum = 0;
  for (const word of words) {
    let score = 0;
    for (const [place, weight] of places) score += weight * fit(place, word);
    if (score === 0) return 0;
    sum += score;
  }
  return sum;
}

function phraseScore(entry: SearchEntry, phrase: string): number {
  const heading = headingOf(entry);
  if (heading === phrase) return PHRASE.isHeading;
  if (heading.includes(phrase)) return PHRASE.inHeading;
  return entry.text.toLowerCase().includes(phrase) ? PHRASE.inText : 0;
}

/** The heading in lower case. The start of a page has the name of the page. */
function headingOf({ heading, page }: SearchEntry): string {
  return (heading || page).toLowerCase();
}

/** How well a text has a word: 0 if it does not have it. */
function fit(text: string, word: string): number {
  let best = 0;
  for (
    let at = text.indexOf(word);
    at >= 0 && best < WHOLE_WORD;
    at = text.indexOf(word, at + 1)
  ) {
    const starts = !isWordCharacter(text[at - 1]);
    const ends = !isWordCharacter(text[at + word.length]);
    const found = starts ? ends ? WHOLE_WORD : WORD_START : WITHIN_WORD;
    best = Math.max(best, found);
  }
  return best;
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_]/u.test(character);
}

function excerptOf(text: string, words: readonly string[]): string {
  const lower = text.toLowerCase();
  const places = words.map((word) => lower.indexOf(word))
    .filter((at) => at >= 0);
  const middle = places.length > 0 ? Math.min(...places) : 0;
  let start = Math.max(0, middle - BEFORE);
  let end = Math.min(text.length, middle + AFTER);
  // Whole words at both ends.
  if (start > 0) start = text.indexOf(" ", start) + 1 || start;
  if (end < text.length) {
    end = Math.max(text.lastIndexOf(" ", end), middle + 1);
  }
  return (start > 0 ? "… " : "") + text.slice(start, end) +
    (end < text.length ? " …" : "");
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
