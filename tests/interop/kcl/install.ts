/**
 * Gets the Kinesis Client Library for Java. Needs Java 17 and Maven.
 *
 * @module
 */
import { assert } from "@std/assert";

/** The version of the library. */
export const KCL = "2.6.0";

/** The class path of the library, which Maven downloads into its cache. */
export async function installKcl(): Promise<string> {
  const home = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${home}/pom.xml`,
      `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>interop</groupId><artifactId>kcl</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>software.amazon.kinesis</groupId>
    <artifactId>amazon-kinesis-client</artifactId>
    <version>${KCL}</version>
  </dependency><!-- Java 8 had it; the library needs it to log a damaged record. --><dependency>
    <groupId>javax.xml.bind</groupId>
    <artifactId>jaxb-api</artifactId>
    <version>2.3.1</version>
  </dependency></dependencies>
</project>
`,
    );
    const { success } = await new Deno.Command("mvn", {
      args: [
        ..."-q -B dependency:build-classpath".split(" "),
        "-Dmdep.outputFile=classpath.txt",
      ],
      cwd: home,
    }).output();
    assert(success, "Maven has failed");
    return (await Deno.readTextFile(`${home}/classpath.txt`)).trim();
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** The path of a file of this folder. */
export function here(name: string): string {
  return decodeURIComponent(new URL(name, import.meta.url).pathname);
}
