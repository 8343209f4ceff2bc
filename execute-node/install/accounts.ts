import { execa } from "execa";
import { runPatiently } from "./patient-run.ts";

/** Names and numbers of this machine's accounts and groups. */
export interface AccountNumbers {
  /**
   * @param owner - `user:group`
   * @throws Error when there is no such account or group
   */
  number(owner: string): { uid: number; gid: number };
  /** The inverse, as `user:group`; a number stays one where it has no name. */
  name(numbers: { readonly uid: number; readonly gid: number }): string;
}

/** The numbers of these accounts and groups, wherever they come from (files, LDAP, …); those that do not exist are left out. */
export async function lookUpAccounts(owners: readonly string[]): Promise<AccountNumbers> {
  const [users, groups] = await Promise.all([
    numbersOf(
      "passwd",
      owners.map((owner) => owner.split(":")[0] ?? ""),
    ),
    numbersOf(
      "group",
      owners.map((owner) => owner.split(":")[1] ?? ""),
    ),
  ]);
  return {
    number(owner) {
      const [user = "", group = ""] = owner.split(":");
      const [uid, gid] = [users.get(user), groups.get(group)];
      if (uid === undefined) throw new Error(`There is no account ${user} on this machine.`);
      if (gid === undefined) throw new Error(`There is no group ${group} on this machine.`);
      return { uid, gid };
    },
    name: ({ uid, gid }) => `${nameOf(users, uid)}:${nameOf(groups, gid)}`,
  };
}

function nameOf(numbers: ReadonlyMap<string, number>, wanted: number): string {
  return [...numbers].find(([, number]) => number === wanted)?.[0] ?? String(wanted);
}

async function numbersOf(database: "passwd" | "group", names: readonly string[]): Promise<Map<string, number>> {
  // getent(1) exits with 2 where a name is missing, and prints the others.
  const found = await Promise.all(
    [...new Set(names)].map((name) => runPatiently("getent", [database, "--", name]).catch(() => "")),
  );
  return parseDatabase(found.join("\n"));
}

/** Names and numbers of lines as in passwd(5) and group(5): fields one and three. */
export function parseDatabase(text: string): Map<string, number> {
  const entries = text.split("\n").map((line) => line.split(":"));
  return new Map(entries.flatMap(([name, , id]) => (name && id ? [[name, Number(id)] as const] : [])));
}

/** Whether an account exists. */
export async function hasAccount(name: string): Promise<boolean> {
  return (await numbersOf("passwd", [name])).has(name);
}

/** The groups of an account, by name. Throws when there is no such account. */
export async function groupsOf(account: string): Promise<string[]> {
  return (await runPatiently("id", ["-Gn", "--", account])).trim().split(/\s+/);
}

/** Makes the account without rights that VM jobs run as, with a group of its own. */
export async function makeJobAccount(name: string): Promise<void> {
  const home = ["--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"];
  const comment = ["--comment", "Condor Cloud, jobs of virtual machines"];
  await runPatiently("useradd", ["--system", "--user-group", ...home, ...comment, "--", name]);
}

/** Runs a command under an account, with its groups and none of our environment. */
export function runAs(
  account: string,
  command: string,
  args: readonly string[],
  timeoutSeconds?: number,
): Promise<string> {
  return runPatiently("setpriv", [...become(account), command, ...args], timeoutSeconds);
}

/** The same for a command that tells on its standard output why it failed; undefined where it succeeds. */
export async function complaintAs(
  account: string,
  command: string,
  args: readonly string[],
): Promise<string | undefined> {
  const result = await execa("setpriv", [...become(account), command, ...args], {
    reject: false,
    all: true,
    stdin: "ignore",
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  if (!result.failed) return undefined;
  return (result.all ?? "").trim().replace(/\s*\n\s*/g, "; ") || (result.originalMessage ?? "no word");
}

function become(account: string): string[] {
  return [`--reuid=${account}`, `--regid=${account}`, "--init-groups", "--reset-env", "--"];
}
