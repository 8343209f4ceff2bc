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
    name: "VM jobs' account",
    judge: async ({ jobAccount }) =>
      judgeJobAccount(jobAccount, (await hasAccount(jobAccount)) ? await groupsOf(jobAccount) : undefined),
  },
];

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

/** @param groups - undefined: there is no such account yet */
export function judgeJobAccount(account: string, groups: readonly string[] | undefined): Judgement {
  if (groups === undefined) return ok(`${account} will be made`);
  const mighty = groups.filter((group) => MIGHTY.includes(group));
  if (mighty.length === 0) return ok(account);
  return failed(
    `${account} is in the group ${mighty.join(" and ")}`,
    `It must be an account without rights: remove it from them, or name another as "jobAccount" in node.json.`,
  );
}
