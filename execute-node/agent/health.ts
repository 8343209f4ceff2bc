import { setTimeout as sleep } from "node:timers/promises";
import type { Agent } from "./agent.ts";
import { GahpLog } from "./gahp-log.ts";
import { GahpWatch } from "./gahp-watch.ts";
import { Healer } from "./heal.ts";
import { endProbe, probe } from "./probe.ts";
import type { Publisher } from "./publisher.ts";
import { messageOf } from "./refusal.ts";
import { run } from "./run.ts";
import { askStartd } from "./startd.ts";

/** How often vm-gahp's log is looked at, in milliseconds: a look costs two system calls while nothing is new. */
const LOOK_MS = 1000;

/**
 * Watches whether machines can start on this node, for as long as the signal lets it: keeps what vm-gahp says of those
 * that could not, and puts the node back that HTCondor took out for it.
 *
 * @param probeFile - where the probe's domain is written down for virsh
 */
export async function watchHealth(
  agent: Agent,
  publisher: Publisher,
  probeFile: string,
  signal: AbortSignal,
): Promise<void> {
  const { configuration, acceleration, failures, trouble, startd, log } = agent.parts;
  const gahp = new GahpWatch(await openGahpLog(), agent.machines, failures, log);
  const healer = new Healer({
    askStartd: () => askStartd(startd),
    probe: () => probe({ configuration, acceleration, file: probeFile }),
    putBack: () => publisher.putBack(),
    complaint: () => gahp.recent,
    trouble,
    log,
    now: () => performance.now(),
  });
  // An agent that died in the middle of a probe left it.
  await endProbe().catch((error: unknown) => log(`a probe may be left: ${messageOf(error)}`));
  let healthDueAt = 0;
  while (!signal.aborted) {
    await gahp.look();
    if (performance.now() >= healthDueAt) {
      await healer.look();
      failures.age();
      healthDueAt = performance.now() + healer.pauseMs;
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}

async function openGahpLog(): Promise<GahpLog> {
  const log = new GahpLog((await run("condor_config_val", ["VM_GAHP_LOG"])).trim());
  await log.open();
  return log;
}
