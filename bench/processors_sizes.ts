/** The sizes of records that the benchmarks use. */
export type Size = "100 B" | "1 KB" | "50 KB";

/** The size of a record in bytes, and the number of records in one iteration. */
export const counts: Record<Size, { bytes: number; count: number }> = {
  "100 B": { bytes: 100, count: 5000 },
  "1 KB": { bytes: 1000, count: 1000 },
  "50 KB": { bytes: 50_000, count: 40 },
};
