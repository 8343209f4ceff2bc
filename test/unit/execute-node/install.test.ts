import { execa } from "execa";
import { expect, test } from "vitest";
import { parseNodeConfiguration } from "../../../execute-node/configuration.ts";
import { refusingDomain } from "../../../execute-node/domain/refusing-domain.ts";
import { nodeFiles, nodeFolders } from "../../../execute-node/install/configuration.ts";
import { configurationText } from "../../../execute-node/install/options.ts";

const file = (path: string, configuration = {}) =>
  nodeFiles({ store: "/srv/images", ...configuration }, "the bundle").find((each) => each.path === path);

test("HTCondor's configuration refuses VM jobs that are not ours or meet no live agent", () => {
  const text = file("/etc/condor/config.d/60-condor-cloud.config")?.content ?? "";
  expect(text).toContain(
    "START = ($(START)) && ifThenElse(TARGET.JobUniverse =?= 13, $(CloudJobAllowed), ($(CloudRunsAsOwner)) =?= true)\n",
  );
  for (const condition of [
    'TARGET.HookKeyword =?= "CLOUD"',
    "TARGET.JobVMMemory <= TARGET.RequestMemory",
    "TARGET.JobVM_VCPUS <= TARGET.RequestCpus",
    "ifThenElse(isInteger(TARGET.CloudDiskGiB), TARGET.CloudDiskGiB * 1048576 <= TARGET.RequestDisk, True)",
    'TARGET.VMPARAM_vm_Disk =?= "/dev/null:null:null"',
    "time() - MY.CloudHeartbeat < 60",
  ]) {
    expect(text).toContain(condition);
  }
});

test("what the administrator decided is in it", () => {
  const changes = { memoryMiB: 4096, maxMachines: 2, jobAccount: "vmjobs", gracefulRemovalSeconds: 9 };
  const text = file("/etc/condor/config.d/60-condor-cloud.config", changes)?.content ?? "";
  expect(text).toContain("\nMEMORY = 4096\n");
  expect(text).toContain("STARTER.SHUTDOWN_GRACEFUL_TIMEOUT = 9\n");
  expect(text.match(/^SLOT1_\d+_USER = vmjobs$/gm)).toHaveLength(1000);
});

/** What a wrapper prints where its Node.js cannot be started, or ends with this exit code. */
async function printedBy(command: "prepare" | "domain", node: string): Promise<string> {
  const content = file(`/usr/lib/condor-cloud/${command}`, { node })?.content ?? "";
  // More than a pipe holds: whoever writes it waits for the script to read it.
  const { stdout } = await execa("sh", ["-c", content], { input: "A = 1\n".repeat(50_000), reject: true });
  return stdout;
}

test.each(["/nonexistent/node", "/bin/false"])(
  "the domain script never fails and never prints nothing: %s",
  async (node) => {
    const xml = await printedBy("domain", node);
    expect(xml).toBe(refusingDomain("the node's domain script died"));
    expect(await printedBy("domain", "/bin/true")).toBe(xml);
    expect(await printedBy("domain", "/bin/echo")).toMatch(/ domain .*agent\.sock$/);
  },
);

test("a node whose Node.js does not start sends jobs back to idle, and one that works has its say", async () => {
  expect(await printedBy("prepare", "/nonexistent/node")).toMatch(
    /^HookStatusCode = 300\nHookStatusMessage = "The node's prepare hook died\..*"$/,
  );
  expect(await printedBy("prepare", "/bin/true")).toBe("");
});

test("node.json is the administrator's, and reads back as the configuration, with every default", () => {
  expect(file("/etc/condor-cloud/node.json")).toBeUndefined();
  expect(parseNodeConfiguration(configurationText({ store: "/srv/images" }))).toMatchObject({
    store: "/srv/images",
    stateFolder: "/var/lib/condor-cloud",
    networks: { default: { libvirt: "default" } },
    vncListen: "127.0.0.1",
  });
});

test("machines' disks and the images are open to QEMU and to no other account of the node", () => {
  const folders = nodeFolders({ store: "/srv/images" }).filter(({ path }) => /\/(?:cache|instances)$/.test(path));
  expect(folders).toHaveLength(2);
  for (const folder of folders) expect(folder).toMatchObject({ mode: 0o750, owner: "condor:kvm" });
});

test("programs can be run, and only their account's group reaches the agent's socket", () => {
  for (const name of ["agent", "prepare", "domain", "condor-cloud-node.cjs"]) {
    expect(file(`/usr/lib/condor-cloud/${name}`)).toMatchObject({ mode: 0o755, owner: "root:root" });
  }
  const socket = nodeFolders({ store: "/srv/images" }).find(({ path }) => path.endsWith("/socket"));
  expect(socket).toMatchObject({ mode: 0o750, owner: "condor:cloudvm" });
  const privateSocket = nodeFolders({ store: "/srv/images" }).find(({ path }) => path.endsWith("/private"));
  expect(privateSocket).toMatchObject({ mode: 0o700, owner: "condor:condor" });
});

test.each([
  [{ store: "relative" }, "store"],
  [{ store: "/a/../b" }, "store"],
  [{ store: "/a b" }, "store"],
  [{ store: "/a$(HOST)" }, "store"],
  [{ store: "/a\nSTART = True" }, "store"],
  [{ store: "/a", jobAccount: "root; rm" }, "jobAccount"],
  [{ store: "/a", networks: {} }, "networks"],
  [{ store: "/a", networks: { lan: { bridge: "br0'/>" } } }, "networks"],
  [{ store: "/a", vncListen: "everywhere" }, "vncListen"],
  [{ store: "/a", colour: "red" }, "colour"],
  [{ store: "/a", stateFolder: "/var" }, "stateFolder"],
  [{ store: "/srv/a", stateFolder: "/srv/a" }, "stateFolder"],
  [{ store: "/srv/a/images", stateFolder: "/srv/a" }, "stateFolder"],
  [{ store: "/srv/a", stateFolder: "/srv/a/state" }, "stateFolder"],
])("a configuration that cannot be used is refused by name: %j", (configuration, field) => {
  expect(() => parseNodeConfiguration(JSON.stringify(configuration))).toThrow(field);
});
