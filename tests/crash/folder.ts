/**
 * Where processes keep what outlives them.
 *
 * @module
 */

/**
 * A folder in memory, if the machine has one. The kernel keeps the files of a killed process there
 * as well as on a disk, and the writes of leases do not wait for the disk.
 */
export async function makeFolder(): Promise<string> {
  const prefix = "crash-";
  try {
    return await Deno.makeTempDir({ dir: "/dev/shm", prefix });
  } catch {
    return await Deno.makeTempDir({ prefix });
  }
}
