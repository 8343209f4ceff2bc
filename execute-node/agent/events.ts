import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { VIRSH } from "./libvirt.ts";
import { messageOf } from "./refusal.ts";

/** How long to wait before libvirt is asked again after its event stream ended, in milliseconds. */
const RESTART_MS = 2000;

/** The seconds after which a stream that says nothing ends and is begun anew: one that hangs cannot be told from it. */
const STREAM_SECONDS = 600;

/** What happened to a domain. */
export interface DomainEvent {
  readonly domain: string;
  /** In libvirt's words, such as `Stopped Failed`: QEMU ended without having been told to. */
  readonly what: string;
}

/** What matters to us of all that libvirt tells: starts and ends, and whether a guest agent comes or goes. */
const EVENTS = ["lifecycle", "agent-lifecycle"];

/** Parses a line of `virsh event`; undefined where it tells of no domain, or nothing that matters. */
export function parseEvent(line: string): DomainEvent | undefined {
  const [, event, domain, what] = /^event '([^']+)' for domain '(.+)': (.+)$/.exec(line) ?? [];
  if (event === undefined || !EVENTS.includes(event)) return undefined;
  return domain === undefined || what === undefined ? undefined : { domain, what: what.trim() };
}

/** Whether a domain ended by a fault, and neither by its guest nor by whoever may end it. */
export function isFault({ what }: DomainEvent): boolean {
  return /^(?:Stopped Failed|Crashed\b)/.test(what);
}

/**
 * Follows the starts and ends of domains, and of their guest agents, for as long as the signal lets it. The stream is begun again whenever it
 * ends, as it does with libvirtd.
 *
 * @param onEvent - told each event, and undefined when events may have been missed
 */
export async function followDomains(
  onEvent: (event: DomainEvent | undefined) => void,
  onTrouble: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let lastTrouble = "";
  while (!signal.aborted) {
    try {
      await followOnce(onEvent, signal);
      lastTrouble = "";
    } catch (error) {
      const trouble = messageOf(error);
      if (trouble !== lastTrouble && !signal.aborted) onTrouble(trouble);
      lastTrouble = trouble;
    }
    await sleep(RESTART_MS, undefined, { signal }).catch(() => {});
    onEvent(undefined);
  }
}

async function followOnce(onEvent: (event: DomainEvent) => void, signal: AbortSignal): Promise<void> {
  // setpriv: the child goes with this process, even when that is killed. stdbuf: virsh does not flush into a pipe.
  const events = [...VIRSH, "event", "--all", "--loop", "--timeout", String(STREAM_SECONDS)];
  const child = execa("setpriv", ["--pdeathsig", "KILL", "stdbuf", "-oL", "virsh", ...events], {
    cancelSignal: signal,
    stdin: "ignore",
    buffer: { stdout: false },
    env: { LANG: "C", LC_ALL: "C" },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const event = parseEvent(line);
    if (event !== undefined) onEvent(event);
  }
  await child;
}
