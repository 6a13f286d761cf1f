import { assert, assertEquals } from "@std/assert";
import { type LinedUp, SessionLine } from "../../_consumer/session_line.ts";

class Session implements LinedUp {
  inLine = false;
  isPaused = false;
  constructor(
    readonly name: string,
    public values: number,
    readonly streamIndex = 0,
  ) {}
  get hasNext(): boolean {
    return this.values > 0;
  }
}

/** The names of the sessions in the order of their turns, one value in each turn. */
function turns(line: SessionLine<Session>): string {
  let names = "";
  for (let it = line.shift(); it; it = line.shift()) {
    names += it.name;
    it.values--;
    line.update(it);
  }
  return names;
}

Deno.test("SessionLine gives each session with values one turn after another", () => {
  const line = new SessionLine<Session>();
  const busy = new Session("a", 5);
  for (const session of [busy, new Session("b", 2), new Session("c", 0)]) {
    line.update(session);
  }
  line.update(busy);
  assertEquals(turns(line), "ababaaa");
  assert(line.isEmpty);
});

Deno.test("SessionLine leaves out paused sessions until they go on, also those paused in the line", () => {
  const line = new SessionLine<Session>();
  const [a, b] = [new Session("a", 2), new Session("b", 2)];
  a.isPaused = true;
  line.update(a);
  line.update(b);
  b.isPaused = true;
  assertEquals(turns(line), "");
  assert(line.hasPaused && line.isPaused(a) && line.isPaused(b));
  a.isPaused = b.isPaused = false;
  line.update(b);
  line.update(a);
  assertEquals(turns(line), "baba");
  assert(!line.hasPaused);
});

Deno.test("SessionLine gives each stream one turn after another, whatever the number of its sessions", () => {
  const line = new SessionLine<Session>();
  for (const name of "abc") line.update(new Session(name, 2));
  line.update(new Session("X", 4, 2));
  line.update(new Session("Y", 1, 1));
  assertEquals(turns(line), "aYXbXcXaXbc");
  assert(line.isEmpty);
});
