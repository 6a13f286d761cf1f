/**
 * Draws the output of a program as a terminal window, in SVG.
 *
 * @module
 */

const CHARACTER_WIDTH = 7.83;
const LINE_HEIGHT = 18;
const PADDING = 16;
const BAR_HEIGHT = 32;
const FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace";

/** The picture of a command and of its output. */
export function terminalSvg(
  command: string,
  output: readonly string[],
): string {
  const lines = [`$ ${command}`, ...output];
  const longest = Math.max(...lines.map((line) => line.length));
  const width = Math.ceil(longest * CHARACTER_WIDTH) + 2 * PADDING;
  const height = BAR_HEIGHT + lines.length * LINE_HEIGHT + 2 * PADDING - 6;
  const buttons = ["#ff5f57", "#febc2e", "#28c840"].map((fill, i) =>
    `<circle cx="${18 + i * 20}" cy="16" r="6" fill="${fill}"/>`
  );
  const texts = lines.map((line, i) => {
    const y = BAR_HEIGHT + PADDING + (i + 0.6) * LINE_HEIGHT;
    return `<text x="${PADDING}" y="${y}" fill="${colorOf(line, i)}" ` +
      `xml:space="preserve">${escaped(line)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" font-family="${FONT}" font-size="13" role="img">`,
    `<title>${escaped(command)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#1b1f24"/>`,
    ...buttons,
    ...texts,
    "</svg>\n",
  ].join("\n");
}

function colorOf(line: string, index: number): string {
  if (index === 0) return "#ffffff";
  if (/^verified/.test(line)) return "#7ee787";
  return /^(split|killed|started)/.test(line) ? "#f2cc60" : "#c9d1d9";
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
