/** Cells of the table beyond which a diff takes too long: everything is then shown as changed. */
const MAX_CELLS = 4_000_000;

/** Both texts line by line: `-` marks what only the actual one has, `+` what only the expected one has. */
export function diffLines(actual: string, expected: string): string {
  const a = actual.split("\n");
  const b = expected.split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (
    end < a.length - start && end < b.length - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]
  ) end++;
  return [
    "    [Diff] - Actual / + Expected",
    "",
    ...a.slice(0, start).map((line) => `    ${line}`),
    ...changes(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map((line) => `    ${line}`),
  ].join("\n");
}

function changes(a: string[], b: string[]): string[] {
  const removed = (line: string | undefined) => `-   ${line}`;
  const added = (line: string | undefined) => `+   ${line}`;
  if ((a.length + 1) * (b.length + 1) > MAX_CELLS) {
    return [...a.map(removed), ...b.map(added)];
  }
  // common[i * width + j]: the length of the longest common subsequence of a from i and b from j.
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i] === b[j]
        ? common[(i + 1) * width + j + 1]! + 1
        : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`    ${a[i]}`);
      i++;
      j++;
    } else if (
      j === b.length ||
      i < a.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!
    ) {
      lines.push(removed(a[i++]));
    } else {
      lines.push(added(b[j++]));
    }
  }
  return lines;
}
