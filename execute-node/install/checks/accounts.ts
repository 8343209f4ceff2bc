import { readFile } from "node:fs/promises";
import { groupsOf, hasAccount } from "../accounts.ts";
import { type Check, failed, type Judgement, ok } from "./check.ts";

/** The accounts that a node needs. */
export const accountChecks: readonly Check[] = [
  {
    name: "HTCondor's account",
    judge: async ({ condorAccount }) =>
      judgeCondorAccount(condorAccount, await groupsOf(condorAccount).catch(() => undefined)),
  },
  {
    name: "QEMU's account",
    judge: async ({ qemuGroup }) => {
      const account = await qemuAccount();
      const groups = account === undefined ? undefined : await groupsOf(account).catch(() => undefined);
      return judgeQemuAccount(account, groups, qemuGroup);
    },
  },
  {
    name: "VM jobs' account",
    judge: async ({ jobAccount, condorAccount, qemuGroup }) =>
      judgeJobAccount(jobAccount, (await hasAccount(jobAccount)) ? await groupsOf(jobAccount) : undefined, [
        condorAccount,
        qemuGroup,
      ]),
  },
];

/** Who QEMU runs as where qemu.conf does not say: Debian's account, Enterprise Linux's. */
const QEMU_ACCOUNTS = ["libvirt-qemu", "qemu"];

/** The account that libvirt runs QEMU under; undefined where none of the usual ones is there. */
async function qemuAccount(): Promise<string | undefined> {
  const configured = accountIn(await readFile("/etc/libvirt/qemu.conf", "utf8").catch(() => ""));
  if (configured !== undefined) return configured;
  for (const account of QEMU_ACCOUNTS) if (await hasAccount(account)) return account;
  return undefined;
}

/** The account that the text of qemu.conf names. Pure. */
export function accountIn(text: string): string | undefined {
  return /^\s*user\s*=\s*"\+?([^"]+)"/m.exec(text)?.[1];
}

/** Whether QEMU reaches disks and images, which are opened to one group alone. Pure. */
export function judgeQemuAccount(
  account: string | undefined,
  groups: readonly string[] | undefined,
  wanted: string,
): Judgement {
  if (account === "root") return ok("root");
  if (account === undefined || groups === undefined) {
    return failed(`no account ${account ?? QEMU_ACCOUNTS.join(" or ")}`, "Install libvirt's QEMU driver.");
  }
  if (groups.includes(wanted)) return ok(`${account}, in the group ${wanted}`);
  return failed(
    `${account} is not in the group ${wanted}, and so reaches no disk`,
    `usermod --append --groups ${wanted} ${account}, or name a group of its as "qemuGroup" in node.json.`,
  );
}

/**
 * @param groups - undefined: there is no such account. libvirt's group is Debian's and Enterprise Linux's own; that of
 * /dev/kvm is of no concern to who only asks libvirt, but HTCondor's vm-gahp insists that it can open the device
 */
export function judgeCondorAccount(account: string, groups: readonly string[] | undefined): Judgement {
  if (groups === undefined) {
    return failed(`no account ${account}`, `Install HTCondor, or name its account as "condorAccount" in node.json.`);
  }
  const missing = ["libvirt", "kvm"].filter((group) => !groups.includes(group));
  if (missing.length === 0) return ok(`${account}, in the groups libvirt and kvm`);
  return failed(
    `${account} is not in the group ${missing.join(" and ")}`,
    `usermod --append --groups ${missing.join(",")} ${account}\nThen restart HTCondor: a process keeps the groups it began with.`,
  );
}

/** Groups by which an account can take over the machine, or other machines on it. */
const MIGHTY = ["root", "wheel", "sudo", "adm", "disk", "libvirt", "kvm", "docker", "condor"];

/**
 * @param groups - undefined: there is no such account yet
 * @param nodeGroups - the groups of HTCondor's account and of QEMU's on this node
 */
export function judgeJobAccount(
  account: string,
  groups: readonly string[] | undefined,
  nodeGroups: readonly string[],
): Judgement {
  if (groups === undefined) return ok(`${account} will be made`);
  const mighty = groups.filter((group) => MIGHTY.includes(group) || nodeGroups.includes(group));
  if (mighty.length === 0) return ok(account);
  return failed(
    `${account} is in the group ${mighty.join(" and ")}`,
    `It must be an account without rights: remove it from them, or name another as "jobAccount" in node.json.`,
  );
}
