import { classAdAssignment, classAdLiteral } from "../../contract/classad.ts";
import { jobIdOf } from "../../contract/global-job-id.ts";
import {
  encodeFailures,
  MACHINE_ATTRIBUTES,
  type MachineFailure,
  type MachineReport,
  machineReportAttributes,
  type NodeReport,
  nodeReportAttributes,
  SLOT_ATTRIBUTE,
} from "../../contract/node-report.ts";

/** The longest message in a report; the contract refuses more than 2000 characters. */
const MESSAGE_MAX = 1000;

/**
 * A machine's block for the startd: merged into the slot that runs its job, and sent to the collector at once
 * (HTCondor manual, "Startd Cron").
 *
 * @param tag - names the block; the next one with the same tag replaces it
 */
export function machineBlock(tag: string, report: MachineReport): string {
  const message = report.message?.slice(0, MESSAGE_MAX);
  const attributes = machineReportAttributes({ ...report, message });
  // All are written each time, so that what is no longer true does not stay in the slot.
  const lines = MACHINE_ATTRIBUTES.map((name) => {
    const value = attributes[name];
    return value === undefined ? `${name} = undefined` : classAdAssignment(name, value);
  });
  // A user may edit the GlobalJobId of an own job, but not its number.
  const job = [
    `GlobalJobId =?= ${classAdLiteral(report.globalJobId)}`,
    `JobId =?= ${classAdLiteral(jobIdOf(report.globalJobId))}`,
  ];
  const constraint = `SlotMergeConstraint = ${job.join(" && ")}`;
  return `${[constraint, ...lines].join("\n")}\n- ${tag} update:true\n`;
}

/** Takes a machine's block back: what is left under its tag belongs to no slot. */
export function withdrawnBlock(tag: string, update: boolean): string {
  return `SlotMergeConstraint = false\n- ${tag} update:${update}\n`;
}

/** The node's block: merged into every slot. */
export function nodeBlock(report: NodeReport): string {
  const lines = Object.entries(nodeReportAttributes(report)).map(([name, value]) => classAdAssignment(name, value));
  return `${lines.join("\n")}\n- node update:true\n`;
}

/** The block of what failed here: merged into the node's own slot alone, since it may be as large as all others together. */
export function failuresBlock(failures: readonly MachineFailure[]): string {
  const lines = [
    "SlotMergeConstraint = DynamicSlot =!= true",
    classAdAssignment(SLOT_ATTRIBUTE.failures, encodeFailures(failures)),
  ];
  return `${lines.join("\n")}\n- failures update:true\n`;
}

/** The most blocks of machines that are numbered; a busy node has fewer. */
const TAGS = 1000;

/** Speaks to the startd. The one place that writes to standard output, so that blocks never mix. */
export class Reporter {
  readonly #write: (text: string) => void;
  /** The tags in use, by GlobalJobId, and what was last said under each. */
  readonly #blocks = new Map<string, { readonly tag: string; text: string }>();

  #lastNode: NodeReport | undefined;

  /** @param write - writes to standard output */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Takes back what a dead agent may have left with the same startd. */
  start(maxMachines: number): void {
    const tags = Array.from({ length: Math.min(TAGS, maxMachines * 2) }, (_, index) => `machine${index}`);
    this.#write(tags.map((tag) => withdrawnBlock(tag, false)).join("") + failuresBlock([]));
  }

  /** Says what the node is like, which also is its sign of life. */
  node(report: NodeReport): void {
    this.#lastNode = report;
    this.#write(nodeBlock(report));
  }

  /** What was last said of the node. */
  get lastNode(): NodeReport | undefined {
    return this.#lastNode;
  }

  /** Says what failed here of late. */
  failures(failures: readonly MachineFailure[]): void {
    this.#write(failuresBlock(failures));
  }

  /** Says what a machine does, unless that is what was said last. */
  machine(report: MachineReport): void {
    let block = this.#blocks.get(report.globalJobId);
    if (block === undefined) {
      block = { tag: this.#freeTag(), text: "" };
      this.#blocks.set(report.globalJobId, block);
    }
    const text = machineBlock(block.tag, report);
    if (text === block.text) return;
    block.text = text;
    this.#write(text);
  }

  /** Takes back what was said of a machine. */
  withdraw(globalJobId: string): void {
    const block = this.#blocks.get(globalJobId);
    if (block === undefined) return;
    this.#blocks.delete(globalJobId);
    this.#write(withdrawnBlock(block.tag, true));
  }

  /** The startd keeps an ad for every tag it ever heard of, so tags are used again. */
  #freeTag(): string {
    const used = new Set([...this.#blocks.values()].map(({ tag }) => tag));
    let index = 0;
    while (used.has(`machine${index}`)) index++;
    return `machine${index}`;
  }
}
