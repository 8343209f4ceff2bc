import { type ActionContext, step } from "./actions/action.ts";
import { makeClients } from "./actions/clients.ts";
import { hasHub, hasRoutes, makeHub, makeRoutes, requireOwnNetwork } from "./actions/network.ts";
import { missingForKvm } from "./actions/preflight.ts";
import { missingParts, stuckMachines, waitReady } from "./actions/ready.ts";
import { makeToken, readToken } from "./actions/token.ts";
import { clearAll, runsWith, startMachine } from "./machine.ts";
import { type MachineFiles, machineFiles } from "./machine-files.ts";
import type { Machine, Sandbox } from "./sandbox.ts";

/** The steps of a start. Each leaves alone what is as it should be. */
export async function start(context: ActionContext, bundle: string, started: Machine[]): Promise<void> {
  const { sandbox, reporter, signal } = context;
  const [manager, ...executeNodes] = sandbox.machines.map((machine) => ({
    machine,
    files: machineFiles(sandbox, machine, bundle),
  }));
  const begin = async (machine: Machine, files: MachineFiles, token: string | undefined) => {
    if (await runsWith(machine, files)) return;
    started.push(machine);
    await startMachine(sandbox, machine, files, token);
  };
  if (!(await hasHub(sandbox))) {
    await step(reporter, `Network 10.${sandbox.octet}.0.0/16`, signal, async () => {
      await requireOwnNetwork(sandbox);
      await clearAll(sandbox.name); // machines of a lost hub are plugged in nowhere
      await makeHub(context);
    });
  } else if (!(await hasRoutes(sandbox))) {
    await step(reporter, "Routes to the virtual machines", signal, () => makeRoutes(sandbox));
  }
  await step(reporter, "Central manager and access point", signal, async () => {
    if (manager) await begin(manager.machine, manager.files, undefined);
    await makeClients(context);
    await makeToken(context);
  });
  await step(
    reporter,
    executeNodes.length === 1 ? "Execute node" : `${executeNodes.length} execute nodes`,
    signal,
    async () => {
      const token = await readToken(sandbox);
      await Promise.all(executeNodes.map(({ machine, files }) => begin(machine, files, token)));
    },
  );
  await restartStuck(context, bundle, started);
  const missing = await missingForKvm();
  const how = missing ? `emulated: ${missing}` : "by KVM";
  await step(reporter, `Ready for virtual machines (${how})`, signal, () => waitReady(context));
}

/** Whether nothing is left to do for a sandbox to be up. */
export async function isAsItShouldBe(sandbox: Sandbox, bundle: string): Promise<boolean> {
  const checks = await Promise.all([
    hasHub(sandbox),
    hasRoutes(sandbox),
    ...sandbox.machines.map((machine) => runsWith(machine, machineFiles(sandbox, machine, bundle))),
  ]);
  return checks.every(Boolean) && (await missingParts(sandbox)).length === 0;
}

/** Starts those machines again, once, that run already and stay incomplete. What this call started itself is waited for. */
async function restartStuck(context: ActionContext, bundle: string, started: Machine[]): Promise<void> {
  const { sandbox, reporter, signal } = context;
  const left = sandbox.machines.filter((machine) => !started.includes(machine));
  if (left.length === 0) return;
  const stuck = await step(reporter, "What runs already", signal, () => stuckMachines(context, left));
  for (const machine of stuck) {
    await step(reporter, `${machine.name} once more: it runs, but is not whole`, signal, async () => {
      started.push(machine);
      const token = machine.role === "manager" ? undefined : await readToken(sandbox);
      await startMachine(sandbox, machine, machineFiles(sandbox, machine, bundle), token);
    });
  }
}
