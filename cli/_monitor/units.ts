/**
 * Numbers with their units, for the screen and for the page. The page gets the source of these
 * functions, so they use nothing but each other.
 *
 * @module
 */

/** What is shown for a number that is not known. */
export function unknownText(): string {
  return "–";
}

/** A number with 3 digits: `0.12`, `4.5`, `812`, `12.4k`. */
export function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined) return unknownText();
  if (value === 0) return "0";
  if (value < 0.1) return "<0.1";
  if (value < 99.95) return value.toFixed(1).replace(/\.0$/, "");
  if (value < 9_999.5) return Math.round(value).toString();
  if (value < 999_500) {
    return `${(value / 1_000).toFixed(value < 99_950 ? 1 : 0)}k`;
  }
  return `${(value / 1_000_000).toFixed(value < 99_950_000 ? 1 : 0)}M`;
}

/** A number of bytes: `812 B`, `1.2 MB`. 1 MB has 1 048 576 bytes, as in the limits of Kinesis. */
export function bytesText(value: number | null | undefined): string {
  if (value === null || value === undefined) return unknownText();
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** A length of time: `350 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return unknownText();
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A part as a percentage: `0 %`, `<0.1 %`, `4.5 %`, `82 %`. */
export function percentText(part: number | null | undefined): string {
  if (part === null || part === undefined) return unknownText();
  if (part > 0 && part < 0.0005) return "<0.1 %";
  const digits = part >= 0.0995 || part === 0 ? 0 : 1;
  return `${(part * 100).toFixed(digits)} %`;
}

/** The id of a shard without what all ids have in common: `shardId-000000000012` is `12`. */
export function shortShardId(id: string): string {
  return /^shardId-0*(\d+)$/.exec(id)?.[1] ?? id;
}

/** How loaded a shard is, in a word. */
export function loadWord(load: number | null | undefined): string {
  if (load === null || load === undefined) return "unknown";
  if (load >= 0.8) return "hot";
  if (load >= 0.5) return "busy";
  if (load >= 0.1) return "moderate";
  return load > 0 ? "light" : "idle";
}
