/**
 * The execute node's one program. HTCondor starts it by three wrappers: `agent` (a startd cron job), `prepare` (the
 * job's hook) and `domain` (vm-gahp's XML script). Each loads only what it needs: hooks must be quick.
 */
async function main(command: string | undefined): Promise<void> {
  switch (command) {
    case "agent":
      return (await import("./agent/main.ts")).runAgent();
    case "prepare":
      return (await import("./hooks/prepare.ts")).runPrepare();
    case "domain":
      return (await import("./hooks/domain.ts")).runDomain();
    default:
      process.stderr.write("Usage: condor-cloud-node agent | prepare | domain\n");
      process.exitCode = 2;
  }
}

main(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
