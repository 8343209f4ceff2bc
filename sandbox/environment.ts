import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { builtPulumiFolder } from "./pulumi/pulumi-cli.ts";
import type { Sandbox } from "./sandbox.ts";

/** Protects nothing: a sandbox's state is as disposable as the sandbox. */
const PASSPHRASE = "condor-cloud-sandbox";

/**
 * What a process needs in its environment to use a sandbox: the client commands, Node.js and the Pulumi CLI on PATH, the
 * image store, and a Pulumi backend and home of the sandbox's own.
 *
 * @param base - the environment that it is added to
 */
export function environment(sandbox: Sandbox, base: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const pulumi = builtPulumiFolder();
  // Pulumi's language host starts `node` from PATH, and wants it as new as the one that runs us.
  const additions = [sandbox.bin, dirname(process.execPath), ...(existsSync(pulumi) ? [pulumi] : [])];
  const rest = (base.PATH ?? "").split(delimiter).filter((folder) => folder !== "" && !additions.includes(folder));
  const hasPassphrase = base.PULUMI_CONFIG_PASSPHRASE !== undefined || base.PULUMI_CONFIG_PASSPHRASE_FILE;
  return {
    PATH: [...additions, ...rest].join(delimiter),
    CONDOR_CLOUD_STORE: sandbox.store,
    PULUMI_BACKEND_URL: `file://${join(sandbox.folder, "pulumi")}`,
    ...(hasPassphrase ? {} : { PULUMI_CONFIG_PASSPHRASE: PASSPHRASE }),
    PULUMI_HOME: join(sandbox.folder, "pulumi-home"),
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "1",
  };
}
