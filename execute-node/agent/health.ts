import { setTimeout as sleep } from "node:timers/promises";
import type { Agent } from "./agent.ts";
import { GahpLog } from "./gahp-log.ts";
import { GahpWatch } from "./gahp-watch.ts";
import { Healer } from "./heal.ts";
import type { Log } from "./log.ts";
import { endProbe, probe } from "./probe.ts";
import type { Publisher } from "./publisher.ts";
import { messageOf } from "./refusal.ts";
import { run } from "./run.ts";
import { askStartd } from "./startd.ts";

/** Stands for a log that nobody writes. */
const NO_LOG = "/nonexistent";

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
  const gahpLog = await openGahpLog(log);
  const gahp = new GahpWatch(gahpLog, agent.machines, failures, log);
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
  await gahpLog.close();
}

/** Where the log cannot be read its words are missing from failures; the healing goes on. */
async function openGahpLog(log: Log): Promise<GahpLog> {
  const path = await run("condor_config_val", ["VM_GAHP_LOG"]).catch((error: unknown) => {
    log(`vm-gahp's log is not known, so its words will be missing: ${messageOf(error)}`);
    return NO_LOG;
  });
  const gahpLog = new GahpLog(path.trim());
  await gahpLog.open().catch((error: unknown) => log(`${path.trim()} cannot be read yet: ${messageOf(error)}`));
  return gahpLog;
}
