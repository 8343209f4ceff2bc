/**
 * The execute node's one program. HTCondor starts it by three wrappers: `agent` (a startd cron job), `prepare` (the
 * job's hook) and `domain` (vm-gahp's XML script); everything else is an administrator's (install, doctor, …). Each loads
 * only what it needs: hooks must be quick.
 */
async function main(
  command: string | undefined,
  socket: string | undefined,
  agentAccount: string | undefined,
): Promise<void> {
  switch (command) {
    case "agent":
      return (await import("./agent/main.ts")).runAgent();
    case "prepare":
      return (await import("./hooks/prepare.ts")).runPrepare(given(socket), agentAccount);
    case "domain":
      return (await import("./hooks/domain.ts")).runDomain(given(socket));
    default:
      return runAdministratorsCommand();
  }
}

/** The program installs itself: this one file is all that an administrator copies to a node, or to the pool's manager. */
async function runAdministratorsCommand(): Promise<void> {
  const [{ nodeCommand }, { managerCommand }, { readFile }] = await Promise.all([
    import("./install/command.ts"),
    import("./install/manager/command.ts"),
    import("node:fs/promises"),
  ]);
  const command = nodeCommand("condor-cloud-node", () => readFile(process.argv[1] ?? "", "utf8"));
  await command.addCommand(managerCommand()).parseAsync();
}

function given(socket: string | undefined): string {
  if (socket === undefined) throw new Error("The agent's socket is missing on the command line.");
  return socket;
}

main(process.argv[2], process.argv[3], process.argv[4]).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
