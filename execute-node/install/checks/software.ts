import { join } from "node:path";
import { isOnPath, isProgram } from "../../agent/programs.ts";
import { SEED_DISK_MAKERS } from "../../agent/seed-disk.ts";
import { runPatiently } from "../patient-run.ts";
import { type Check, failed, type Judgement, ok } from "./check.ts";
import { isAtLeast, versionIn } from "./versions.ts";

/** The first HTCondor whose VM universe behaves as this product needs it. */
const CONDOR_LEAST = "23.9";

/** The first Node.js that runs the bundle. */
const NODE_LEAST = "20";

/** The commands that the agent and its hooks run, with the package that has each (Debian, Enterprise Linux). */
const COMMANDS: Readonly<Record<string, string>> = {
  condor_config_val: "condor",
  condor_ping: "condor",
  condor_reconfig: "condor",
  condor_restart: "condor",
  condor_status: "condor",
  condor_update_machine_ad: "condor",
  virsh: "libvirt-clients or libvirt-client",
  "qemu-img": "qemu-utils or qemu-img",
  getent: "libc-bin or glibc-common",
  ip: "iproute2 or iproute",
  setfacl: "acl",
  prlimit: "util-linux",
  setpriv: "util-linux",
  stdbuf: "coreutils",
};

/** An emulator of Enterprise Linux, which keeps the usual name to itself. */
const EL_EMULATOR = "/usr/libexec/qemu-kvm";

/** The account that runs the installer. */
export const root: Check<unknown> = {
  name: "root",
  judge: () =>
    process.geteuid?.() === 0 ? ok("yes") : failed("this runs under another account", "Run it as root, by sudo."),
};

/** What has to be there before anything else can be looked at. */
export const softwareChecks: readonly Check[] = [
  {
    name: "Node.js",
    judge: async ({ node }) => judgeNode(node, await runPatiently(node, ["--version"]).catch(() => "")),
  },
  { name: "commands", judge: async () => judgeCommands(await missingCommands(Object.keys(COMMANDS))) },
  {
    name: "seed disks",
    judge: async () => {
      const missing = await missingCommands(SEED_DISK_MAKERS);
      return judgeSeedDiskMakers(SEED_DISK_MAKERS.filter((command) => !missing.includes(command)));
    },
  },
  { name: "HTCondor", judge: async () => judgeCondor(await runPatiently("condor_version", []).catch(() => "")) },
  {
    name: "vm-gahp",
    judge: async () => judgeGahp((await runPatiently("condor_config_val", ["SBIN"]).catch(() => "")).trim()),
  },
  {
    name: "QEMU",
    judge: async ({ emulatorFolder }) => {
      const emulator = `${emulatorFolder}/qemu-system-x86_64`;
      return judgeEmulator(
        emulator,
        await runPatiently(emulator, ["--version"]).catch(() => ""),
        await isProgram(EL_EMULATOR),
      );
    },
  },
];

/** @param words - what `node --version` printed; empty: it could not be run */
export function judgeNode(path: string, words: string): Judgement {
  const remedy = `Install Node.js ${NODE_LEAST} or later, and name it as "node" in node.json.`;
  const version = versionIn(words);
  if (version === undefined) return failed(`${path} cannot be run`, remedy);
  return isAtLeast(version, NODE_LEAST) ? ok(`${version}, ${path}`) : failed(`${version}, ${path}`, remedy);
}

/** @param words - what `condor_version` printed; empty: it could not be run */
export function judgeCondor(words: string): Judgement {
  const remedy = `Install HTCondor ${CONDOR_LEAST} or later (package condor).`;
  const version = versionIn(words);
  if (version === undefined) return failed("condor_version cannot be run", remedy);
  return isAtLeast(version, CONDOR_LEAST) ? ok(version) : failed(`${version} is too old`, remedy);
}

/** @param missing - the commands that are not on PATH */
export function judgeCommands(missing: readonly string[]): Judgement {
  if (missing.length === 0) return ok("all there");
  const packages = missing.map((command) => `${command} (package ${COMMANDS[command] ?? command})`);
  return failed(`missing: ${missing.join(", ")}`, `Install ${packages.join(", ")}.`);
}

/** @param present - those of the commands that are on PATH */
export function judgeSeedDiskMakers(present: readonly string[]): Judgement {
  const [maker] = present;
  if (maker !== undefined) return ok(`made by ${maker}`);
  return failed(
    `none of ${SEED_DISK_MAKERS.join(", ")}`,
    "Install one of them (package genisoimage or xorriso): it tells each machine its name.",
  );
}

/** @param words - what the emulator's `--version` printed; empty: it could not be run */
export function judgeEmulator(emulator: string, words: string, hasElEmulator: boolean): Judgement {
  const version = versionIn(words);
  if (version !== undefined) return ok(`${version}, ${emulator}`);
  const link =
    "Enterprise Linux has it under another name. Make a folder with links to it, and name that as " +
    `"emulatorFolder" in node.json:\n  mkdir /usr/lib/condor-cloud-emulators\n` +
    `  ln -s ${EL_EMULATOR} /usr/lib/condor-cloud-emulators/qemu-system-x86_64`;
  return failed(
    `${emulator} cannot be run`,
    hasElEmulator ? link : "Install QEMU (package qemu-system-x86 or qemu-kvm).",
  );
}

async function judgeGahp(folder: string): Promise<Judgement> {
  const path = join(folder, "condor_vm-gahp");
  if (folder !== "" && (await isProgram(path))) return ok(path);
  return failed(`no ${path}`, "Install HTCondor's VM universe (package condor-vm-gahp).");
}

async function missingCommands(commands: readonly string[]): Promise<string[]> {
  const found = await Promise.all(commands.map(isOnPath));
  return commands.filter((_, index) => !found[index]);
}
