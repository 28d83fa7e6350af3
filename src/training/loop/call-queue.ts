import { EdgepropError } from "../../errors.ts";

/** Calls wait for one another: while one trains, another must neither train nor look at the params in between. */
export interface CallQueue<E> {
  /** Hands `run` the engine when the calls before are done. Rejects with `conflict` once the queue is closed. */
  call<T>(run: (engine: E) => T | Promise<T>): Promise<T>;
  /** Lets go of the engine when the calls before are done; closing again does nothing. */
  close(dispose: (engine: E) => void): Promise<void>;
}

export function createCallQueue<E extends object>(engine: E): CallQueue<E> {
  let held: E | null = engine;
  let last: Promise<unknown> = Promise.resolve();

  function inOrder<T>(run: () => T | Promise<T>): Promise<T> {
    const next = last.then(run, run);
    last = next;
    return next;
  }

  return {
    call: (run) =>
      inOrder(() => {
        if (held !== null) return run(held);
        throw new EdgepropError("conflict", "the trainer has been disposed of; create another");
      }),
    close: (dispose) =>
      inOrder(() => {
        if (held !== null) dispose(held);
        held = null;
      }),
  };
}
