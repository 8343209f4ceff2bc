import { readFile, rm } from "node:fs/promises";
import { writeFileAtomically } from "../agent/files.ts";
import { messageOf } from "../agent/refusal.ts";
import { nodePaths } from "../configuration.ts";
import type { Judgement } from "./checks/check.ts";
import { ok, warning } from "./checks/check.ts";
import { PROGRAM_FOLDER } from "./configuration.ts";
import { runPatiently } from "./patient-run.ts";
import type { Printer } from "./printer.ts";

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
export function labelCommands(
  stateFolder: string,
): readonly [readonly [string, ...string[]], readonly [string, ...string[]]] {
  return [
    ["semanage", "fcontext", "-a", "-t", IMAGE_TYPE, labelledPaths(stateFolder)],
    ["restorecon", "-R", stateFolder],
  ];
}

/** Remembers the rule that an install has made: an uninstall removes no other. */
const RULE_FILE = `${PROGRAM_FOLDER}/selinux-rule`;

/** Labels the cache and the instances where SELinux is on. What a machine uses keeps the label that libvirt gave it. */
export async function labelState(stateFolder: string): Promise<void> {
  if (!(await isSelinuxOn())) return;
  const [[semanage, ...add], [restorecon, ...restore]] = labelCommands(stateFolder);
  if (!(await hasRule(stateFolder))) {
    await runPatiently(semanage, add, 120);
    await writeFileAtomically(RULE_FILE, labelledPaths(stateFolder));
  }
  await runPatiently(restorecon, restore, 120);
}

/** Removes the rule that an install has made; says where somebody else's stays. */
export async function removeRule(stateFolder: string, printer: Printer): Promise<void> {
  const made = await readFile(RULE_FILE, "utf8").catch(() => undefined);
  const remove = (pattern: string) => ["fcontext", "-d", pattern];
  try {
    if (made !== undefined) await runPatiently("semanage", remove(made), 120);
    else if ((await isSelinuxOn()) && (await hasRule(stateFolder))) {
      const command = ["semanage", ...remove(labelledPaths(stateFolder))].map(quoted).join(" ");
      printer.line(`SELinux: the rule for ${stateFolder} was not made by an install, so it stays; by hand: ${command}`);
    }
  } catch (error) {
    printer.line(`SELinux: the rule ${made ?? ""} stays: ${messageOf(error)}`);
  }
  await rm(RULE_FILE, { force: true });
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

/** Whether the rule is there, and the folders have what it says (matchpathcon(8)). */
export async function isLabelled(stateFolder: string): Promise<boolean> {
  const { cache, instances } = nodePaths(stateFolder);
  const verified = runPatiently("matchpathcon", ["-V", cache, instances]).then(
    (words) => (words.match(/ verified\.$/gm) ?? []).length === 2,
    () => false,
  );
  return (await hasRule(stateFolder)) && (await verified);
}

async function hasRule(stateFolder: string): Promise<boolean> {
  return (await runPatiently("matchpathcon", ["-n", `${stateFolder}/cache`]).catch(() => "")).includes(
    `:${IMAGE_TYPE}:`,
  );
}

/** For people to copy into a shell. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(word) ? word : `'${word}'`;
}
