import { describe, expect, it } from "vitest";
import { parseNodeConfiguration } from "../../../execute-node/configuration.ts";
import {
  accountIn,
  judgeCondorAccount,
  judgeJobAccount,
  judgeQemuAccount,
} from "../../../execute-node/install/checks/accounts.ts";
import { findingText, ok, runChecks, warning } from "../../../execute-node/install/checks/check.ts";
import {
  judgeAdministrators,
  judgeDaemons,
  judgeFolders,
  judgeSettings,
  judgeStart,
} from "../../../execute-node/install/checks/htcondor.ts";
import { judgeAgent, judgePool } from "../../../execute-node/install/checks/running.ts";
import {
  judgeCommands,
  judgeCondor,
  judgeEmulator,
  judgeNode,
  judgeSeedDiskMakers,
} from "../../../execute-node/install/checks/software.ts";
import { judgeDisk, judgeStore } from "../../../execute-node/install/checks/storage.ts";
import { isAtLeast, versionIn } from "../../../execute-node/install/checks/versions.ts";
import {
  judgeConsoles,
  judgeFirmwares,
  judgeKvm,
  judgeNetworks,
  judgeVnc,
} from "../../../execute-node/install/checks/virtualization.ts";

const GIB = 1024 ** 3;

describe("versions", () => {
  it.each([
    ["23.9.6", "23.9", true],
    ["23.10", "23.9", true],
    ["25.0", "23.9", true],
    ["23.8.9", "23.9", false],
    ["20", "20", true],
    ["18.19.1", "20", false],
  ])("%s is at least %s: %s", (version, least, expected) => {
    expect(isAtLeast(version, least)).toBe(expected);
  });

  it("are found in a program's words", () => {
    expect(versionIn("$CondorVersion: 23.9.6 2026-07-12 PackageID: 23.9.6+dfsg $")).toBe("23.9.6");
    expect(versionIn("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)")).toBe("10.0.2");
    expect(versionIn("command not found")).toBeUndefined();
  });
});

describe("the checks of software", () => {
  it("refuse what is missing or too old, with what to install", () => {
    expect(judgeNode("/usr/bin/node", "v18.1.0\n")).toMatchObject({ verdict: "failed" });
    expect(judgeNode("/usr/bin/node", "")).toMatchObject({ found: "/usr/bin/node cannot be run" });
    expect(judgeCondor("$CondorVersion: 10.0.1 $")).toMatchObject({ verdict: "failed", found: "10.0.1 is too old" });
    expect(judgeCommands(["setfacl"])).toMatchObject({ remedy: "Install setfacl (package acl)." });
    expect(judgeCommands([])).toEqual(ok("all there"));
    expect(judgeSeedDiskMakers(["xorrisofs", "mkisofs"])).toEqual(ok("made by xorrisofs"));
    expect(judgeSeedDiskMakers([])).toMatchObject({
      verdict: "failed",
      remedy: expect.stringContaining("genisoimage"),
    });
  });

  it("know where Enterprise Linux hides its emulator", () => {
    expect(judgeEmulator("/usr/bin/qemu-system-x86_64", "", true).remedy).toContain("/usr/libexec/qemu-kvm");
    expect(judgeEmulator("/usr/bin/qemu-system-x86_64", "", false).remedy).toContain("Install QEMU");
  });
});

describe("the checks of accounts", () => {
  it("want HTCondor's account in the groups of libvirt and KVM", () => {
    expect(judgeCondorAccount("condor", ["condor", "libvirt", "kvm"]).verdict).toBe("ok");
    expect(judgeCondorAccount("condor", ["condor", "kvm"]).remedy).toContain("--groups libvirt condor");
    expect(judgeCondorAccount("condor", undefined).verdict).toBe("failed");
  });

  it("want QEMU's account in the group that disks are opened to", () => {
    expect(accountIn('#user = "qemu"\nuser = "vms"\n')).toBe("vms");
    expect(accountIn('user = "+64055"')).toBe("64055");
    expect(accountIn('#user = "qemu"\n')).toBeUndefined();
    expect(judgeQemuAccount("root", [], "kvm").verdict).toBe("ok");
    expect(judgeQemuAccount("libvirt-qemu", ["libvirt-qemu", "kvm"], "kvm").verdict).toBe("ok");
    expect(judgeQemuAccount("qemu", ["qemu"], "kvm").remedy).toContain("--groups kvm qemu");
    expect(judgeQemuAccount(undefined, undefined, "kvm").verdict).toBe("failed");
  });

  it("want the account of VM jobs without rights, and make it where there is none", () => {
    expect(judgeJobAccount("cloudvm", undefined, [])).toEqual(ok("cloudvm will be made"));
    expect(judgeJobAccount("cloudvm", ["cloudvm"], ["htc", "vms"]).verdict).toBe("ok");
    expect(judgeJobAccount("condor", ["condor"], []).verdict).toBe("failed");
    expect(judgeJobAccount("bob", ["bob", "vms"], ["htc", "vms"]).found).toBe("bob is in the group vms");
    expect(judgeJobAccount("ann", ["ann", "sudo"], []).found).toBe("ann is in the group sudo");
  });
});

describe("the checks of virtualization", () => {
  it("warn where machines are emulated, and fail without /dev/kvm, which vm-gahp wants in any case", () => {
    expect(judgeKvm("flags\t\t: fpu vmx sse\n", true).verdict).toBe("ok");
    expect(judgeKvm("flags\t\t: fpu sse\nmodel name : vmx\n", true).verdict).toBe("warning");
    expect(judgeKvm("flags\t\t: fpu svm\n", false).verdict).toBe("failed");
  });

  it("warn without a firmware for x86_64", () => {
    const description = '{ "interface-types": ["uefi"], "targets": [{ "architecture": "x86_64" }] }';
    expect(judgeFirmwares(["{}", description]).verdict).toBe("ok");
    expect(judgeFirmwares([description.replace("x86_64", "aarch64")]).verdict).toBe("warning");
  });

  it("read stdio_handler as libvirt does, a comment being none", () => {
    expect(judgeConsoles('security_driver = "none"\nstdio_handler = "file"\n').verdict).toBe("ok");
    expect(judgeConsoles('#stdio_handler = "file"\n').verdict).toBe("warning");
    expect(judgeConsoles("").verdict).toBe("warning");
  });

  const list = (state: string, autostart: string) =>
    ` Name      State    Autostart   Persistent\n------------\n default   ${state}   ${autostart}         yes\n\n`;

  it("want each network active, and started at boot", () => {
    const networks = { default: { libvirt: "default" } };
    expect(judgeNetworks(networks, list("active", "yes"), []).verdict).toBe("ok");
    expect(judgeNetworks(networks, list("active", "no"), [])).toMatchObject({
      verdict: "warning",
      remedy: "virsh net-autostart default",
    });
    expect(judgeNetworks(networks, list("inactive", "no"), [])).toMatchObject({
      verdict: "failed",
      remedy: "virsh net-start default\nvirsh net-autostart default",
    });
    expect(judgeNetworks(networks, "", []).remedy).toContain("net-define");
  });

  it("want each bridge on this machine", () => {
    const networks = { lan: { bridge: "br0" } };
    expect(judgeNetworks(networks, "", ["br0"]).verdict).toBe("ok");
    expect(judgeNetworks(networks, "", ["virbr0"])).toMatchObject({
      verdict: "failed",
      found: "not there: lan (no bridge br0)",
    });
  });

  it("refuse a VNC address that is not this machine's: libvirt would refuse every domain", () => {
    expect(judgeVnc("127.0.0.1", []).verdict).toBe("ok");
    expect(judgeVnc("::1", []).verdict).toBe("ok");
    expect(judgeVnc("0.0.0.0", []).found).toContain("password");
    expect(judgeVnc("10.0.0.7", ["10.0.0.7"]).verdict).toBe("ok");
    expect(judgeVnc("10.0.0.8", ["10.0.0.7"]).verdict).toBe("failed");
  });
});

describe("the checks of storage", () => {
  it("want the store readable, and warn where a node could write to it", () => {
    expect(judgeStore("/s", "condor", { writable: false })).toEqual(ok("/s, read only"));
    expect(judgeStore("/s", "condor", { writable: true }).verdict).toBe("warning");
    expect(judgeStore("/s", "condor", { trouble: "Permission denied", writable: false }).found).toBe(
      "condor cannot read /s: Permission denied",
    );
  });

  it("warn of a disk that is nearly full, or smaller than the cache's limit", () => {
    const space = { freeBytes: 50 * GIB, totalBytes: 100 * GIB };
    expect(judgeDisk("/v", space, undefined).verdict).toBe("ok");
    expect(judgeDisk("/v", space, 200).verdict).toBe("warning");
    expect(judgeDisk("/v", { ...space, freeBytes: GIB }, 10).verdict).toBe("warning");
  });
});

describe("the checks of HTCondor's configuration", () => {
  it("want our folder read, a startd, and the right to publish", () => {
    expect(judgeFolders("/usr/share/condor/config.d,/etc/condor/config.d").verdict).toBe("ok");
    expect(judgeFolders(undefined).found).toBe("LOCAL_CONFIG_DIR is not set");
    expect(judgeDaemons("MASTER, STARTD").verdict).toBe("ok");
    expect(judgeDaemons("MASTER, SCHEDD").verdict).toBe("failed");
    expect(judgeAdministrators("condor", "root@pool, condor@pool").verdict).toBe("ok");
    expect(judgeAdministrators("condor", "*@pool").verdict).toBe("ok");
    expect(judgeAdministrators("condor", "root@pool").verdict).toBe("failed");
    expect(judgeAdministrators("condor", undefined).verdict).toBe("failed");
    for (const unusual of ["*/10.0.0.1", "node7.pool", "condor@pool/10.0.0.1", "*@pool/10.0.0.1"]) {
      expect([unusual, judgeAdministrators("condor", unusual).verdict]).toEqual([unusual, "warning"]);
    }
  });

  it("see what a later file takes away", () => {
    const actual = new Map([
      ["VM_TYPE", "kvm"],
      ["STARTD_CRON_JOBLIST", "BENCH, CLOUD_AGENT"],
    ]);
    expect(judgeSettings({ VM_TYPE: "kvm", STARTD_CRON_JOBLIST: "CLOUD_AGENT" }, actual).verdict).toBe("ok");
    actual.set("STARTD_CRON_JOBLIST", "BENCH");
    expect(judgeSettings({ STARTD_CRON_JOBLIST: "CLOUD_AGENT" }, actual)).toMatchObject({
      verdict: "failed",
      found: "STARTD_CRON_JOBLIST is BENCH, not CLOUD_AGENT",
    });
    expect(judgeStart("True").found).toBe("START is True");
  });

  const ours =
    'ifThenElse(TARGET.JobUniverse =?= 13, (TARGET.HookKeyword =?= "CLOUD" || MY.A =?= ""), (True) =?= true)';

  it.each([
    ours,
    `(True) && ${ours}`,
    `((KeyboardIdle > 60 || LoadAvg < 1) && ${ours}) && (TARGET.Owner != "a || (b")`,
    `TARGET.X =?= 1 && (${ours})`,
  ])("take a START that only narrows ours: %s", (start) => {
    expect(judgeStart(start).verdict).toBe("ok");
  });

  it.each([
    `(True) && ${ours} || TARGET.Owner == "boss"`,
    `((True) && ${ours}) || True`,
    `!(${ours})`,
    `(${ours}) =!= True`,
    `${ours} ? True : True`,
    `ifThenElse(True, True, ${ours})`,
    `${ours} || (True)`,
  ])("warn of a START that could widen ours: %s", (start) => {
    expect(judgeStart(start).verdict).toBe("warning");
  });
});

describe("the check of the pool", () => {
  it("fails where the pool does not hear the agent, or its clock is another", () => {
    const now = 1_800_000_000;
    expect(judgePool(undefined, now).found).toBe("the collector does not know this node");
    expect(judgePool({ LastHeardFrom: now, MyCurrentTime: now - 40 }, now).found).toContain("40 s apart");
    expect(judgePool({ LastHeardFrom: now, MyCurrentTime: now }, now).found).toBe("the pool has no word of the agent");
  });
});

describe("the check of the agent", () => {
  it("tells of a silent one what it last published", () => {
    expect(judgeAgent({ silence: "connect ENOENT" }, "libvirt is down").found).toBe(
      "does not answer: connect ENOENT; the last trouble that it published: libvirt is down",
    );
    expect(judgeAgent({ silence: "connect ENOENT" }).found).toBe("does not answer: connect ENOENT");
  });
});

describe("checks", () => {
  it("show a remedy below what is not well, and count their own failure as one", async () => {
    const configuration = parseNodeConfiguration('{ "store": "/s" }');
    const findings = await runChecks(
      [
        { name: "one", judge: () => ok("fine") },
        { name: "two", judge: () => warning("so so", "Do this.\nThen that.") },
        {
          name: "three",
          judge: () => {
            throw new Error("broken");
          },
        },
      ],
      configuration,
    );
    expect(findings.map(findingText)).toEqual([
      "ok       one: fine",
      "warning  two: so so\n           Do this.\n           Then that.",
      "FAILED   three: broken\n           The command's own words say why.",
    ]);
  });
});
