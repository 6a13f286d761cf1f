/**
 * Random choices that are the same for the same seed.
 *
 * @module
 */
export { SeededChoices } from "../../testing/_simulation/seeded_choices.ts";
