/** A program that runs elsewhere: in a fresh Node process, or in an isolate of workerd. */
export interface Program<Input, Output> {
  /** Hands it one input and waits for its output; inputs are answered in order. Rejects with the program's reason. */
  ask(input: Input): Promise<Output>;
}

/** The process that programs run in. */
export interface HostProcess {
  /** Resident memory of the process; null where there is no /proc. */
  residentBytes(): number | null;
  stop(): Promise<void>;
}
