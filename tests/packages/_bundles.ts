/**
 * Bundles parts of the npm package with esbuild, as applications do.
 *
 * @module
 */
import type { App } from "./_app.ts";

/** The bundler. Other versions give other sizes. */
export const BUNDLER = "esbuild@0.28.2";

const PACKAGE = "@webstreams/kinesis";
/** Everything that servers and browsers import. What only Node.js has, and the tests, are left out. */
const ALL = [
  ...["", "/checkpoint", "/client", "/cloudwatch", "/credentials"],
  ...["/framing", "/lambda", "/metrics", "/processors"],
];

/** What applications import, by the names in `sizes.json`. */
export const SOURCES: Readonly<Record<string, string>> = {
  client: `export { KinesisClient } from "${PACKAGE}/client";`,
  producer: `export { Producer } from "${PACKAGE}";`,
  consumer: `export { Consumer } from "${PACKAGE}";`,
  queue: `export { QueueConsumer } from "${PACKAGE}";`,
  lambda: `export { jsonValues, kinesisHandler } from "${PACKAGE}/lambda";`,
  jsonLines: `export { jsonLines } from "${PACKAGE}/processors";`,
  msgpack: `export { msgpack } from "${PACKAGE}/processors";`,
  all: ALL.map((path, at) => `export * as e${at} from "${PACKAGE}${path}";`)
    .join("\n"),
};

/** The parts of the package, by their files. */
export const PARTS = {
  client: /\/(?:client|_service|credentials)\/|\/aws4fetch\//,
  producer: /\/_producer\/|\/kinesis\/producer\.js$/,
  consumer: /\/_consumer\/|\/kinesis\/consumer\.js$/,
  queue: /\/_queue\/|\/kinesis\/queue\.js$/,
  processors: /\/processors\//,
  msgpack: /\/_vendor\/msgpackr\/|\/processors\/_?msgpack/,
  metrics: /\/metrics\//,
} as const;

/** The parts that a bundle may contain. */
export const CONTAINED: Readonly<
  Record<string, readonly (keyof typeof PARTS)[]>
> = {
  client: ["client"],
  producer: ["client", "producer", "processors"],
  consumer: ["client", "consumer"],
  queue: ["client", "queue"],
  lambda: [],
  jsonLines: ["processors"],
  msgpack: ["msgpack", "processors"],
  all: Object.keys(PARTS) as (keyof typeof PARTS)[],
};

/** A bundle. Sizes are in bytes. */
export interface Bundle {
  /** The minified code. */
  readonly minified: number;
  /** The same with gzip. */
  readonly gzipped: number;
  /** The files that have code in it, relative to the folder of the application. */
  readonly files: readonly string[];
}

interface Metafile {
  readonly outputs: Readonly<
    Record<string, {
      readonly inputs: Readonly<
        Record<string, { readonly bytesInOutput: number }>
      >;
    }>
  >;
}

/** Makes one of the bundles. */
export async function bundle(app: App, name: string): Promise<Bundle> {
  const folder = `bundles/${name}`;
  await app.write(`${folder}/in.js`, SOURCES[name]!);
  const { code, output } = await app.run(
    "./node_modules/.bin/esbuild",
    ...["--bundle", "--minify", "--format=esm", "--log-level=warning"],
    ...[`--outfile=${folder}/out.js`, `--metafile=${folder}/meta.json`],
    `${folder}/in.js`,
  );
  if (code !== 0 || output !== "") throw new Error(`esbuild: ${output}`);
  const bytes = await Deno.readFile(app.path(`${folder}/out.js`));
  const metafile: Metafile = JSON.parse(
    await Deno.readTextFile(app.path(`${folder}/meta.json`)),
  );
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path)
  );
  return { minified: bytes.length, gzipped: await gzipped(bytes), files };
}

async function gzipped(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const stream = new Blob([bytes]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}
