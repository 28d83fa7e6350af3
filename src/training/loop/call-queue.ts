/** Calls wait for one another: while one trains, another must neither train nor look at the params in between. */
export type CallQueue = <T>(run: () => T | Promise<T>) => Promise<T>;

export function createCallQueue(): CallQueue {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const next = last.then(run, run);
    last = next;
    return next;
  };
}
