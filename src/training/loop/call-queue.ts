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

  function call<T>(run: (engine: E) => T | Promise<T>): Promise<T> {
    const turn = (): T | Promise<T> => {
      if (held !== null) return run(held);
      throw new EdgepropError("conflict", "the trainer has been disposed of; create another");
    };
    const next = last.then(turn, turn);
    last = next;
    return next;
  }

  let closing: Promise<void> | null = null;
  return {
    call,
    close(dispose) {
      closing ??= call((open) => {
        held = null;
        dispose(open);
      });
      return closing;
    },
  };
}
