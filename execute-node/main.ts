/**
 * The execute node's one program. HTCondor starts it by three wrappers: `agent` (a startd cron job), `prepare` (the
 * job's hook) and `domain` (vm-gahp's XML script). Each loads only what it needs: hooks must be quick.
 */
async function main(command: string | undefined, socket: string | undefined): Promise<void> {
  switch (command) {
    case "agent":
      return (await import("./agent/main.ts")).runAgent();
    case "prepare":
      return (await import("./hooks/prepare.ts")).runPrepare(given(socket));
    case "domain":
      return (await import("./hooks/domain.ts")).runDomain(given(socket));
    default:
      process.stderr.write("Usage: condor-cloud-node agent | prepare SOCKET | domain SOCKET\n");
      process.exitCode = 2;
  }
}

function given(socket: string | undefined): string {
  if (socket === undefined) throw new Error("The agent's socket is missing on the command line.");
  return socket;
}

main(process.argv[2], process.argv[3]).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
