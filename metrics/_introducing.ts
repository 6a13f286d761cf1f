/**
 * Tells series before their first event.
 *
 * @module
 */

/**
 * Calls a function at the first event of each stream or queue. It tells 0 for every series whose
 * labels are known. Otherwise Prometheus would not see the first event: a series that begins with 1
 * has no increase.
 */
export function introducing(
  introduce: (stream: string) => void,
): (stream: string) => void {
  const known = new Set<string>();
  return (stream) => {
    if (known.has(stream)) return;
    known.add(stream);
    introduce(stream);
  };
}
