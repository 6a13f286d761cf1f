/**
 * Installs the peers in a cache folder outside of the repository. A peer that cannot be
 * installed is skipped.
 *
 * @module
 */

const CACHE = Deno.env.get("XDG_CACHE_HOME") ?? "/tmp";

/** The folder that the benchmarks install into unless they are given another one. */
export const PEERS_HOME: string = `${CACHE}/webstreams-kinesis-peers`;

const ASYNC_KINESIS = "async-kinesis[kpl,msgpack]==3.0.1";
/** The version of the KPL. */
export const KPL = "1.1.1";
/** The version of the KCL. */
export const KCL = "3.1.2";
const DYNALITE = "dynalite@4.0.0";
const SDK = [
  "@aws-sdk/client-kinesis@3.1143.0",
  "@smithy/node-http-handler@4",
  "aws-kinesis-agg@4.2.8",
];

/** The location of each peer, or the error if it could not be installed. */
export interface Peers {
  /** The folder whose `node_modules` contains the SDK. */
  sdk: string | Error;
  /** The Python interpreter with async-kinesis. */
  python: string | Error;
  /** The class path of the KPL. */
  kpl: string | Error;
  /** The class path of the KCL, and the folder of an emulator of DynamoDB for it. */
  kcl: { classPath: string; dynamo: string } | Error;
  /** Paths of a key and a self-signed certificate for 127.0.0.1. */
  tls: { key: string; cert: string } | Error;
}

/** Installs the peers that are missing in the folder `home`. */
export async function install(home: string): Promise<Peers> {
  await Deno.mkdir(home, { recursive: true });
  return {
    sdk: await attempt(() => installSdk(home)),
    python: await attempt(() => installAsyncKinesis(home)),
    kpl: await attempt(() =>
      installJava(`${home}/kpl`, "amazon-kinesis-producer", KPL)
    ),
    kcl: await attempt(async () => ({
      classPath: await installJava(`${home}/kcl`, "amazon-kinesis-client", KCL),
      dynamo: await installNode(`${home}/dynalite`, [DYNALITE]),
    })),
    // A new certificate for each run, so that concurrent runs do not share a key.
    tls: await attempt(async () => makeCertificate(await Deno.makeTempDir())),
  };
}

/** Installs the AWS SDK alone. Returns its folder. */
export async function installSdk(home: string): Promise<string> {
  await Deno.mkdir(home, { recursive: true });
  return await installNode(`${home}/sdk`, SDK);
}

/** Installs async-kinesis alone. Returns its Python interpreter. */
export async function installAsyncKinesis(home: string): Promise<string> {
  await Deno.mkdir(home, { recursive: true });
  return await installPython(`${home}/python`);
}

async function attempt<T>(work: () => Promise<T>): Promise<T | Error> {
  try {
    return await work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function run(command: string, args: string[], cwd?: string) {
  const { success, stderr, stdout } = await new Deno.Command(command, {
    args,
    cwd,
  }).output();
  if (success) return;
  const text = new TextDecoder().decode(stderr.length > 0 ? stderr : stdout);
  throw new Error(`${command} ${args[0]}: ${text.trim().slice(-500)}`);
}

/** Whether a folder holds just this; it was written by {@linkcode markInstalled}. */
async function isInstalled(home: string, what: string): Promise<boolean> {
  const found = await Deno.readTextFile(`${home}/done`).catch(() => undefined);
  return found === what;
}

async function markInstalled(home: string, what: string): Promise<void> {
  await Deno.writeTextFile(`${home}/done`, what);
}

async function installNode(
  home: string,
  packages: string[],
): Promise<string> {
  const what = packages.join(" ");
  if (await isInstalled(home, what)) return home;
  await Deno.mkdir(home, { recursive: true });
  await Deno.writeTextFile(`${home}/package.json`, '{"private":true}');
  await run("npm", ["install", "--no-audit", "--no-fund", ...packages], home);
  await markInstalled(home, what);
  return home;
}

async function installPython(home: string): Promise<string> {
  const python = `${home}/bin/python`;
  if (await isInstalled(home, ASYNC_KINESIS)) return python;
  await run("python3", ["-m", "venv", home]);
  await run(python, ["-m", "pip", "install", "--quiet", ASYNC_KINESIS]);
  await markInstalled(home, ASYNC_KINESIS);
  return python;
}

/** Installs a Java library with its dependencies. Returns the class path. */
export async function installJava(
  home: string,
  artifact: string,
  version: string,
): Promise<string> {
  const path = `${home}/lib/*`;
  const what = `${artifact} ${version}`;
  if (await isInstalled(home, what)) return path;
  await Deno.mkdir(home, { recursive: true });
  await Deno.writeTextFile(
    `${home}/pom.xml`,
    `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>bench</groupId><artifactId>bench</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>software.amazon.kinesis</groupId>
    <artifactId>${artifact}</artifactId>
    <version>${version}</version>
  </dependency></dependencies>
</project>
`,
  );
  const goal = "dependency:copy-dependencies";
  await run("mvn", ["-q", "-B", goal, "-DoutputDirectory=lib"], home);
  await markInstalled(home, what);
  return path;
}

async function makeCertificate(home: string) {
  const tls = { key: `${home}/key.pem`, cert: `${home}/cert.pem` };
  await run("openssl", [
    ..."req -x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=localhost".split(
      " ",
    ),
    "-addext",
    "subjectAltName=IP:127.0.0.1",
    // Strict clients refuse a CA certificate as a server certificate.
    "-addext",
    "basicConstraints=CA:FALSE",
    "-keyout",
    tls.key,
    "-out",
    tls.cert,
  ]);
  return tls;
}
