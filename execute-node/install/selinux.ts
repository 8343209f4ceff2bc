import type { Judgement } from "./checks/check.ts";
import { ok, warning } from "./checks/check.ts";
import { runPatiently } from "./patient-run.ts";

/** The type by which libvirt's policy knows disks and images of machines (libvirt manual, "SELinux basics"). */
const IMAGE_TYPE = "virt_image_t";

/** Whether SELinux is on. */
export async function isSelinuxOn(): Promise<boolean> {
  return runPatiently("selinuxenabled", []).then(
    () => true,
    () => false,
  );
}

/** The pattern of paths below a node's state folder that libvirt opens (semanage-fcontext(8)). */
export function labelledPaths(stateFolder: string): string {
  return `${stateFolder.replaceAll(".", "\\.").replaceAll("+", "\\+")}/(cache|instances)(/.*)?`;
}

/** What an administrator, or the installer, runs to have the node's images labelled. */
export function labelCommands(stateFolder: string): readonly (readonly [string, ...string[]])[] {
  return [
    ["semanage", "fcontext", "-a", "-t", IMAGE_TYPE, labelledPaths(stateFolder)],
    ["restorecon", "-R", stateFolder],
  ];
}

/** Labels the cache and the instances, where SELinux is on and they are not labelled yet. */
export async function labelState(stateFolder: string): Promise<void> {
  if (!(await isSelinuxOn()) || (await isLabelled(stateFolder))) return;
  for (const [command, ...args] of labelCommands(stateFolder)) await runPatiently(command, args, 120);
}

/** Whether SELinux, where it is on, lets libvirt use the node's images. */
export async function selinuxJudgement(stateFolder: string): Promise<Judgement> {
  if (!(await isSelinuxOn())) return ok("not on here");
  if (await isLabelled(stateFolder)) return ok(`${stateFolder} has the type ${IMAGE_TYPE}`);
  const commands = labelCommands(stateFolder).map((words) => words.map(quoted).join(" "));
  return warning(
    `${stateFolder} is not labelled ${IMAGE_TYPE}`,
    `Leave SELinux on. The install labels it where semanage is there (package policycoreutils-python-utils); by hand:\n${commands.join("\n")}`,
  );
}

async function isLabelled(stateFolder: string): Promise<boolean> {
  return (await runPatiently("matchpathcon", ["-n", `${stateFolder}/cache`]).catch(() => "")).includes(
    `:${IMAGE_TYPE}:`,
  );
}

/** For people to copy into a shell. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(word) ? word : `'${word}'`;
}
