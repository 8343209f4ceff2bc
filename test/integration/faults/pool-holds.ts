import { runIn } from "../../../sandbox/machine.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";
import { holdPreparations, letAllGo } from "../pool/hold.ts";
import { theSandbox } from "../pool/nodes.ts";

/** No node takes a machine of this name while the pool is held up. */
export const UNWANTED = "unwanted";

/** Read after all other files of HTCondor's configuration. */
const FILE = "/etc/condor/config.d/zz-faults";

/**
 * Holds up in the pool itself what a trial wants to meet on its way: machines of the name {@link UNWANTED} stay idle,
 * and those of one image stay in preparation.
 */
export async function holdUp(digest: string): Promise<void> {
  const refusal = `START = ($(START)) && TARGET.CloudName =!= "${UNWANTED}"\n`;
  await onEachNode(async (node) => {
    await holdPreparations(node, digest);
    await runIn(node, ["sh", "-c", 'printf %s "$1" > "$2" && condor_reconfig', "sh", refusal, FILE]);
  });
}

/** Lets go of all that is held up. */
export async function letPoolGo(): Promise<void> {
  await onEachNode(async (node) => {
    await letAllGo(node);
    await runIn(node, ["sh", "-c", 'rm -f "$1" && condor_reconfig', "sh", FILE]);
  });
}

async function onEachNode(work: (node: Machine) => Promise<void>): Promise<void> {
  const { executeNodes } = await theSandbox();
  await Promise.all(executeNodes.map(work));
}
