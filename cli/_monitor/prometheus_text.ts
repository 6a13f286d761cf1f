/**
 * Reads the text format of Prometheus: samples with their labels. Comments, timestamps and exemplars
 * are passed over.
 *
 * @see {@link https://prometheus.io/docs/instrumenting/exposition_formats/}
 * @module
 */

/** One line. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+([^\s#}]+)(?:\s+-?\d+)?$/;
const LABEL = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/gy;
const EXEMPLAR = /\s#\s+\{.*$/;

/** The samples of a text. Lines of another format are passed over. */
export function* samplesOf(text: string): Generator<Sample> {
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const match = LINE.exec(line.replace(EXEMPLAR, "").trim());
    if (!match) continue;
    const [, name, labels = "", number] = match;
    const value = Number(number);
    // A lag or count that is not finite says nothing.
    if (!Number.isFinite(value)) continue;
    yield { name: name!, labels: labelsOf(labels), value };
  }
}

function labelsOf(text: string): Map<string, string> {
  const labels = new Map<string, string>();
  for (const [, name, value] of text.matchAll(LABEL)) {
    labels.set(name!, unescaped(value!));
  }
  return labels;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, it) => it === "n" ? "\n" : it);
}
