import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { VIRSH } from "./libvirt.ts";
import { messageOf } from "./refusal.ts";

/** How long to wait before libvirt is asked again after its event stream ended, in milliseconds. */
const RESTART_MS = 2000;

/** The seconds after which a stream that says nothing ends and is begun anew: one that hangs cannot be told from it. */
const STREAM_SECONDS = 600;

/**
 * Follows the starts and ends of domains for as long as the signal lets it. The stream is begun again whenever it
 * ends, as it does with libvirtd.
 *
 * @param onEvent - told the domain's name at each event, and undefined when events may have been missed
 */
export async function followDomains(
  onEvent: (domain: string | undefined) => void,
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

async function followOnce(onEvent: (domain: string | undefined) => void, signal: AbortSignal): Promise<void> {
  // setpriv: the child goes with this process, even when that is killed. stdbuf: virsh does not flush into a pipe.
  const events = [...VIRSH, "event", "--event", "lifecycle", "--loop", "--timeout", String(STREAM_SECONDS)];
  const child = execa("setpriv", ["--pdeathsig", "KILL", "stdbuf", "-oL", "virsh", ...events], {
    cancelSignal: signal,
    stdin: "ignore",
    buffer: { stdout: false },
    env: { LANG: "C", LC_ALL: "C" },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const name = /for domain '(.+)':/.exec(line)?.[1];
    if (name !== undefined) onEvent(name);
  }
  await child;
}
