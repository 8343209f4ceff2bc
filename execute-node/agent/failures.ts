import { FAILURES_MAX, MachineFailure } from "../../contract/node-report.ts";

/** How long a failure is told, in seconds. */
const KEEP_SECONDS = 3600;

/** The longest message that the contract lets travel, in characters. */
const MESSAGE_MAX = 500;

/** The machines that failed here of late, for the error that their owner sees: their jobs may be elsewhere by now. */
export class Failures {
  #list: readonly MachineFailure[] = [];
  /** Told whenever the list is another. */
  onChange: (failures: readonly MachineFailure[]) => void = () => {};

  /** The newest last. */
  get list(): readonly MachineFailure[] {
    return this.#list;
  }

  /** @param message - what happened, in the words of whoever saw it */
  add(globalJobId: string, message: string): void {
    const failure = { globalJobId, at: nowSeconds(), message: message.replace(/\s+/g, " ").slice(0, MESSAGE_MAX) };
    // A hook that comes again and again with the same trouble must not push out what happened to others.
    const others = this.#list.filter((each) => each.globalJobId !== globalJobId || each.message !== failure.message);
    this.#change([...others, MachineFailure.parse(failure)].slice(-FAILURES_MAX));
  }

  /** Drops what is old. */
  age(): void {
    const kept = this.#list.filter(({ at }) => nowSeconds() - at < KEEP_SECONDS);
    if (kept.length < this.#list.length) this.#change(kept);
  }

  #change(list: readonly MachineFailure[]): void {
    this.#list = list;
    this.onChange(list);
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
