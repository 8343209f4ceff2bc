import { HOOK_KEYWORD, ATTRIBUTE as JOB, STANDARD_ATTRIBUTE, VM_UNIVERSE } from "../../contract/job-ad.ts";
import { HEARTBEAT_TIMEOUT_SECONDS, SLOT_ATTRIBUTE } from "../../contract/node-report.ts";
import type { ResolvedNodeConfiguration } from "../configuration.ts";

/**
 * How many dynamic slots may exist at once, machines and other jobs together: they share the numbers, and the startd
 * takes the lowest that is free. A job in a higher one runs as nobody, whom the agent does not hear.
 */
const SLOT_NUMBERS = 1000;

/** What vm_disk must be: vm-gahp never reads it, unless the domain script fails; then it must lead to nothing. */
const VM_DISK = "/dev/null:null:null";

const KIB_PER_GIB = 1024 ** 2;

/** How soon the startd tests vm-gahp again that it found not working, as while libvirt was down, in seconds. */
const VM_RECHECK_SECONDS = 20;

/** What `condor_q -better-analyze` and `condor_status` show to whoever wonders why a VM job of another kind stays idle. */
const ADMISSION =
  `VM jobs start here with HookKeyword ${HOOK_KEYWORD}, vm_disk ${VM_DISK}, no more memory, processors and disk than ` +
  "they request, and while this node's agent is alive. Submit them by pulumi-condor.";

/** HTCondor's configuration of an execute node, as text. Values are of patterns that HTCondor's macros leave alone. */
export function condorConfiguration(configuration: ResolvedNodeConfiguration, programFolder: string): string {
  const slots = Array.from({ length: SLOT_NUMBERS }, (_, index) => index + 1);
  return `# Condor Cloud: this machine runs virtual machines of the pool. Written by its installer; what is to differ belongs
# into /etc/condor-cloud/node.json or into a file of configuration that sorts after this one.

# HTCondor manual, "Virtual Machines". vm-gahp runs the domains through libvirt.
VM_GAHP_SERVER = $(SBIN)/condor_vm-gahp
VM_TYPE = kvm
${offered(configuration)}
VM_MAX_NUMBER = ${configuration.maxMachines}
# The node's agent names the real networks; these two only let such jobs match.
VM_NETWORKING = True
VM_NETWORKING_TYPE = nat
# libvirt may come up, or back, after HTCondor.
VM_RECHECK_INTERVAL = ${VM_RECHECK_SECONDS}
# By the number of the process the agent knows whose machine a line of vm-gahp's log is about.
VM_GAHP_DEBUG = $(VM_GAHP_DEBUG) D_PID
# How soon the end of a guest that powered itself off is seen, in seconds: HTCondor's least.
VM_STATUS_INTERVAL = 30
# A suspended machine pauses in memory, instead of travelling to the access point as a file.
VM_SOFT_SUSPEND = True
# The most seconds a guest may take to power off when its owner asked for a graceful removal; HTCondor's next look at its
# state, which it takes every half minute, ends it, too.
STARTER.SHUTDOWN_GRACEFUL_TIMEOUT = ${configuration.gracefulRemovalSeconds}

# VM jobs run under an account without rights, whether or not the job's owner has an account here.
CloudRunsAsOwner = ($(STARTER_ALLOW_RUNAS_OWNER:True)) && TARGET.RunAsOwner =!= false && \\
  splitUserName(TARGET.User)[1] =?= "$(UID_DOMAIN)"
STARTER_ALLOW_RUNAS_OWNER = ($(STARTER_ALLOW_RUNAS_OWNER:True)) && (TARGET.JobUniverse =!= ${VM_UNIVERSE})
${slots.map((slot) => `SLOT1_${slot}_USER = ${configuration.jobAccount}`).join("\n")}

# Without a rank of its own the startd takes the job's for its own when it claims a slot, and the negotiator has machines
# of less rank than 0 thrown off their node by others that wait.
RANK = $(RANK:0)

# By the first the agent knows that a request is about the job that the slot really runs; the second is the public key of
# whoever may know the password of its console.
STARTD_JOB_ATTRS = $(STARTD_JOB_ATTRS) ${JOB.spec} ${JOB.sealKey}

# The agent: image cache, overlays, reports. It never exits; the startd starts it again when it does.
STARTD_CRON_JOBLIST = $(STARTD_CRON_JOBLIST) CLOUD_AGENT
STARTD_CRON_CLOUD_AGENT_EXECUTABLE = ${programFolder}/agent
STARTD_CRON_CLOUD_AGENT_MODE = WaitForExit
STARTD_CRON_CLOUD_AGENT_PERIOD = 2s
STARTD_CRON_CLOUD_AGENT_JOB_LOAD = 0

# The hook that prepares a machine, and the script that prints its domain. Both only ask the agent.
${HOOK_KEYWORD}_HOOK_PREPARE_JOB = ${programFolder}/prepare
LIBVIRT_XML_SCRIPT = ${programFolder}/domain

# Which VM jobs may start: ours, within what they reserved, and only beside a live agent. Whoever may submit may set any
# attribute, so this is checked here and not in the submission. What else can be wrong with a job of ours, such as its
# version or an attribute that is not of the contract, the hook finds and holds the job with the reason. CloudAdmission is
# never empty: it is named so that \`condor_q -better-analyze -reverse\` shows what it says.
CloudAgentAlive = (time() - MY.${SLOT_ATTRIBUTE.heartbeat} < ${HEARTBEAT_TIMEOUT_SECONDS})
CloudJobAllowed = (TARGET.HookKeyword =?= "${HOOK_KEYWORD}" && \\
  TARGET.${STANDARD_ATTRIBUTE.memoryMiB} <= TARGET.RequestMemory && TARGET.${STANDARD_ATTRIBUTE.vcpus} <= TARGET.RequestCpus && \\
  ifThenElse(isInteger(TARGET.${JOB.diskGiB}), TARGET.${JOB.diskGiB} * ${KIB_PER_GIB} <= TARGET.RequestDisk, True) && \\
  TARGET.VMPARAM_vm_Disk =?= "${VM_DISK}" && \\
  $(CloudAgentAlive)) =?= True || MY.CloudAdmission =?= ""
CloudAdmission = "${ADMISSION}"
STARTD_ATTRS = $(STARTD_ATTRS) CloudAdmission
# No other job may run under the account of VM jobs: it starts only where it runs as its owner.
START = ($(START)) && ifThenElse(TARGET.JobUniverse =?= ${VM_UNIVERSE}, $(CloudJobAllowed), ($(CloudRunsAsOwner)) =?= true)
`;
}

/**
 * What the node offers. What the administrator does not say stays HTCondor's: its own detection, or a setting of
 * HTCondor's in an earlier file. All of it is one slot that is divided as machines need it, unless an earlier file
 * divides it.
 */
function offered({ memoryMiB, memoryOvercommit, cpuOvercommit }: ResolvedNodeConfiguration): string {
  const memory = memoryMiB ?? "$(MEMORY:$(DETECTED_MEMORY))";
  return [
    ...(cpuOvercommit > 1 ? [`NUM_CPUS = ${times("$(NUM_CPUS:$(DETECTED_CPUS_LIMIT))", cpuOvercommit)}`] : []),
    ...(memoryMiB === undefined && memoryOvercommit === 1 ? [] : [`MEMORY = ${times(memory, memoryOvercommit)}`]),
    "VM_MEMORY = $(MEMORY:$(DETECTED_MEMORY))",
    "if ! defined NUM_SLOTS_TYPE_1",
    "  NUM_SLOTS_TYPE_1 = 1",
    "  SLOT_TYPE_1 = 100%",
    "  SLOT_TYPE_1_PARTITIONABLE = True",
    "endif",
  ].join("\n");
}

/** HTCondor reads whole numbers, and calculates where one is asked for. */
function times(value: string | number, factor: number): string {
  return factor === 1 ? String(value) : `int(${value} * ${factor})`;
}
