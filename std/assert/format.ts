interface Inspector {
  Deno?: { inspect?: (value: unknown, options: object) => string };
}

/** A value as text with one element or property a line, keys sorted, nothing abbreviated: made for comparing. */
export function format(value: unknown): string {
  const { inspect } = (globalThis as Inspector).Deno ?? {};
  if (!inspect) {
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  }
  return inspect(value, {
    depth: Infinity,
    sorted: true,
    trailingComma: true,
    compact: false,
    iterableLimit: Infinity,
    strAbbreviateSize: Infinity,
    getters: true,
  });
}
