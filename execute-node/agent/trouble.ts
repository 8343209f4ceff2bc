import { TROUBLE_OVER } from "../../contract/node-report.ts";

/** The longest text that the contract lets travel, in characters. */
const TEXT_MAX = 2000;

/** Who can tell that a node takes no machine. */
type Source = "agent" | "HTCondor";

/** Why this node takes no machine, or what the last reason was and when that was over: what people see of it. */
export class Trouble {
  readonly #present = new Map<Source, { readonly since: Date; readonly why: string }>();
  #past = "";
  /** Told whenever the text is another. */
  onChange: () => void = () => {};

  /** Empty: the node always could, as far as this agent knows. */
  get text(): string {
    const present = [...this.#present.values()].map(({ since, why }) => `Since ${timeOf(since)}: ${why}`);
    return (present.length > 0 ? present.join(" ") : this.#past).slice(0, TEXT_MAX);
  }

  /**
   * @param why - one or more sentences; undefined: this source has no reason any more
   * @returns whether the text is another now
   */
  set(source: Source, why: string | undefined): boolean {
    const before = this.text;
    const present = this.#present.get(source);
    if (why !== undefined) {
      this.#present.set(source, { since: present?.since ?? new Date(), why });
    } else if (present !== undefined) {
      this.#present.delete(source);
      this.#past = `${TROUBLE_OVER}${timeOf(new Date())}; from ${timeOf(present.since)} on: ${present.why}`;
    }
    if (this.text === before) return false;
    this.onChange();
    return true;
  }
}

function timeOf(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
