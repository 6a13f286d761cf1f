import { assertEquals } from "@std/assert";
import { onAbort } from "../../_core/on_abort.ts";

Deno.test("onAbort runs once when the signal aborts, at once if it has, and never after the stop", () => {
  let runs = 0;
  const run = () => void runs++;
  const first = new AbortController();
  onAbort(first.signal, run);
  first.abort();
  assertEquals(runs, 1);
  onAbort(first.signal, run);
  assertEquals(runs, 2);
  const second = new AbortController();
  onAbort(second.signal, run)();
  second.abort();
  onAbort(undefined, run)();
  assertEquals(runs, 2);
});

Deno.test("onAbort adds one listener to a signal however many functions wait for it, and removes it after the last stop", () => {
  const { signal, controller, listeners } = countedSignal();
  const order: number[] = [];
  const stops = Array.from(
    { length: 50 },
    (_, n) => onAbort(signal, () => void order.push(n)),
  );
  assertEquals(listeners(), 1);
  for (const stop of stops) stop();
  for (const stop of stops) stop();
  assertEquals(listeners(), 0);
  onAbort(signal, () => {
    order.push(1);
    stopThird();
    onAbort(signal, () => void order.push(2));
  });
  const stopThird = onAbort(signal, () => void order.push(3));
  onAbort(signal, () => void order.push(4));
  assertEquals(listeners(), 1);
  controller.abort();
  assertEquals(order, [1, 2, 4]);
});

Deno.test("onAbort keeps one of two waits for the same function when the other stops", () => {
  const controller = new AbortController();
  let runs = 0;
  const run = () => void runs++;
  const stop = onAbort(controller.signal, run);
  onAbort(controller.signal, run);
  stop();
  controller.abort();
  assertEquals(runs, 1);
});

/** A signal, and the number of its listeners. */
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  let count = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: unknown[]) => {
    count++;
    Reflect.apply(addEventListener, signal, args);
  };
  signal.removeEventListener = (...args: unknown[]) => {
    count--;
    Reflect.apply(removeEventListener, signal, args);
  };
  return { controller, signal, listeners: () => count };
}
