import { interfacesOf } from "../../../contract/interfaces.ts";
import { runIn } from "../../../sandbox/machine.ts";
import { theContext } from "../pool/machines.ts";
import { theSandbox } from "../pool/nodes.ts";

/** A watch of all machines for two that run with one MAC address. */
export interface MacWatch {
  /** Ends it; answers what it saw of two machines with one MAC address, by what saw it. */
  end(): Promise<string[]>;
}

/** Looks at the slots and at libvirt on every node, again and again, until it is ended. */
export function watchMacs(): MacWatch {
  const seen = new Set<string>();
  let isOver = false;
  const watching = (async () => {
    // The last look begins after the end was asked for, so there is one at least.
    for (let isLast = false; !isLast; ) {
      isLast = isOver;
      const looks = [["the queue", await macsInQueue()] as const, ["the nodes", await macsOnNodes()] as const];
      for (const [where, macs] of looks) for (const mac of repeated(macs)) seen.add(`${where}: ${mac}`);
    }
  })();
  return {
    async end() {
      isOver = true;
      await watching;
      return [...seen];
    },
  };
}

/** The MAC addresses of jobs that have a slot, each as often as there are such jobs. */
async function macsInQueue(): Promise<string[]> {
  const { pool } = await theContext();
  const machines = (await pool.list()).filter(({ job }) => job.slot !== "");
  return machines.flatMap(({ job }) =>
    job.cloud === undefined ? [] : [...interfacesOf(job.cloud.job.spec).values()].map(({ macAddress }) => macAddress),
  );
}

/** The MAC addresses of the domains that run on all nodes, each as often as there are such domains. */
async function macsOnNodes(): Promise<string[]> {
  const { executeNodes } = await theSandbox();
  const script =
    "for d in $(virsh -c qemu:///system list --name); do virsh -c qemu:///system domiflist $d; done 2>/dev/null; true";
  const texts = await Promise.all(executeNodes.map((node) => runIn(node, ["sh", "-c", script])));
  return texts.flatMap((text) => text.match(/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/g) ?? []);
}

function repeated(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}
