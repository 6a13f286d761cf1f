/**
 * The values that are written: people with made-up names and addresses, as in the benchmark of
 * async-kinesis.
 *
 * @module
 */

/** A value. Its number makes it distinct, and shows the order. */
export interface Person {
  readonly number: number;
  readonly [field: string]: string | number;
}

const NAMES = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Ken", "Radia"];
const FAMILIES = [
  "Byron",
  "Hopper",
  "Mathison",
  "Liskov",
  "Perlman",
  "Ritchie",
];
const JOBS = ["Surveyor", "Glazier", "Botanist", "Baker", "Pilot"];
const PLACES = ["Lincoln Park", "Harbour View", "Mill Lane", "Station Road"];
const CITIES = ["Aarhus", "Ghent", "Lyon", "Porto", "Turin", "Uppsala"];
const NATIONS = ["Danish", "Belgian", "French", "Portuguese", "Swedish"];
const KIB = 1024;
/** So many bytes of each KiB stay free, as in the reference. */
const MARGIN_BYTES = 5;

/**
 * Makes the value of a number: the same one in every run. Its JSON text, with a space after each
 * comma and colon as Python writes it, has 5 bytes less than `sizeKib` KiB, if the fields leave
 * room. A record of more than 1 KiB would count as 2 KiB in the rate limit of async-kinesis.
 */
export function personOf(number: number, sizeKib: number): Person {
  const pick = (list: readonly string[], salt: number) =>
    list[(number * salt + (number >> 3)) % list.length]!;
  const name = `${pick(NAMES, 3)} ${pick(FAMILIES, 5)}`;
  const person = {
    number,
    name,
    email: `${name.toLowerCase().replace(" ", ".")}.${number}@example.com`,
    nationality: pick(NATIONS, 1),
    occupation: pick(JOBS, 7),
    password: (number * 2654435761 % 2 ** 32).toString(36),
    phone: `+1-202-555-${String(number % 10_000).padStart(4, "0")}`,
    address: `${number % 900} ${pick(PLACES, 11)}`,
    city: pick(CITIES, 13),
    street_no: String(number % 900),
    created: new Date(Date.UTC(2020, 0, 1 + number % 2000)).toISOString()
      .slice(0, 10),
  };
  const around = pythonLength({ ...person, padding: "" });
  const room = Math.round(sizeKib * KIB) - MARGIN_BYTES - around;
  return room > 0 ? { ...person, padding: "x".repeat(room) } : person;
}

/** The length of the JSON text that Python writes for an object of texts and numbers. */
function pythonLength(value: object): number {
  const members = Object.keys(value).length;
  return JSON.stringify(value).length + members + (members - 1);
}
