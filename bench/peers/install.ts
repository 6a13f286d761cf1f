/**
 * Brings the peers onto the machine, into the user's cache and never into the repository. What cannot be had is left out.
 *
 * @module
 */

const ASYNC_KINESIS = "async-kinesis==3.0.1";
const KPL = "1.1.1";
const SDK = ["@aws-sdk/client-kinesis@3.1143.0", "@smithy/node-http-handler@4"];

/** Where the peers are; a peer that could not be installed has the reason instead. */
export interface Peers {
  /** The directory whose `node_modules` holds the SDK. */
  sdk: string | Error;
  /** The Python with async-kinesis. */
  python: string | Error;
  /** The class path of the KPL. */
  kpl: string | Error;
  /** A key and a certificate for 127.0.0.1. */
  tls: { key: string; cert: string } | Error;
}

/** Installs what is missing below `home`. */
export async function install(home: string): Promise<Peers> {
  await Deno.mkdir(home, { recursive: true });
  return {
    sdk: await attempt(() => installSdk(`${home}/sdk`)),
    python: await attempt(() => installPython(`${home}/python`)),
    kpl: await attempt(() => installKpl(`${home}/kpl-${KPL}`)),
    // New for each run: two at a time must not trust each other's.
    tls: await attempt(async () => makeCertificate(await Deno.makeTempDir())),
  };
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

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function installSdk(home: string): Promise<string> {
  if (await exists(`${home}/done`)) return home;
  await Deno.mkdir(home, { recursive: true });
  await Deno.writeTextFile(`${home}/package.json`, '{"private":true}');
  await run("npm", ["install", "--no-audit", "--no-fund", ...SDK], home);
  await Deno.writeTextFile(`${home}/done`, "");
  return home;
}

async function installPython(home: string): Promise<string> {
  const python = `${home}/bin/python`;
  if (await exists(`${home}/done`)) return python;
  await run("python3", ["-m", "venv", home]);
  await run(python, ["-m", "pip", "install", "--quiet", ASYNC_KINESIS]);
  await Deno.writeTextFile(`${home}/done`, "");
  return python;
}

async function installKpl(home: string): Promise<string> {
  const path = `${home}/classes:${home}/lib/*`;
  if (await exists(`${home}/done`)) return path;
  await Deno.mkdir(home, { recursive: true });
  await Deno.writeTextFile(
    `${home}/pom.xml`,
    `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>bench</groupId><artifactId>kpl</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>software.amazon.kinesis</groupId>
    <artifactId>amazon-kinesis-producer</artifactId>
    <version>${KPL}</version>
  </dependency></dependencies>
</project>
`,
  );
  const goal = "dependency:copy-dependencies";
  await run("mvn", ["-q", "-B", goal, "-DoutputDirectory=lib"], home);
  await Deno.writeTextFile(`${home}/done`, "");
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
    // Who verifies strictly takes no authority for a server.
    "-addext",
    "basicConstraints=CA:FALSE",
    "-keyout",
    tls.key,
    "-out",
    tls.cert,
  ]);
  return tls;
}
