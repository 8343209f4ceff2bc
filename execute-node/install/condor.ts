import { HOOK_KEYWORD, ATTRIBUTE as JOB, JOB_SCHEMA, STANDARD_ATTRIBUTE, VM_UNIVERSE } from "../../contract/job-ad.ts";
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

/** HTCondor's configuration of an execute node, as text. Values are of patterns that HTCondor's macros leave alone. */
export function condorConfiguration(configuration: ResolvedNodeConfiguration, programFolder: string): string {
  const slots = Array.from({ length: SLOT_NUMBERS }, (_, index) => index + 1);
  return `# Condor Cloud: this machine runs virtual machines of the pool. Written by its installer; what is to differ belongs
# into /etc/condor-cloud/node.json or into a file of configuration that sorts after this one.

# HTCondor manual, "Virtual Machines". vm-gahp runs the domains through libvirt.
VM_GAHP_SERVER = $(SBIN)/condor_vm-gahp
VM_TYPE = kvm
VM_MEMORY = ${configuration.memoryMiB ?? "$(DETECTED_MEMORY)"}
VM_MAX_NUMBER = ${configuration.maxMachines}
# The node's agent names the real networks; these two only let such jobs match.
VM_NETWORKING = True
VM_NETWORKING_TYPE = nat
# How soon the end of a guest that powered itself off is seen, in seconds.
VM_STATUS_INTERVAL = 5
# A suspended machine pauses in memory, instead of travelling to the access point as a file.
VM_SOFT_SUSPEND = True
# The seconds a guest has to power off when its owner asked for a graceful removal.
STARTER.SHUTDOWN_GRACEFUL_TIMEOUT = ${configuration.gracefulRemovalSeconds}

# VM jobs run under an account without rights, whether or not the job's owner has an account here.
CloudRunsAsOwner = ($(STARTER_ALLOW_RUNAS_OWNER:True)) && TARGET.RunAsOwner =!= false && \\
  splitUserName(TARGET.User)[1] =?= "$(UID_DOMAIN)"
STARTER_ALLOW_RUNAS_OWNER = ($(STARTER_ALLOW_RUNAS_OWNER:True)) && (TARGET.JobUniverse =!= ${VM_UNIVERSE})
${slots.map((slot) => `SLOT1_${slot}_USER = ${configuration.jobAccount}`).join("\n")}

# By this the agent knows that a request is about the job that the slot really runs.
STARTD_JOB_ATTRS = $(STARTD_JOB_ATTRS) ${JOB.spec}

# The agent: image cache, overlays, reports. It never exits; the startd starts it again when it does.
STARTD_CRON_JOBLIST = $(STARTD_CRON_JOBLIST) CLOUD_AGENT
STARTD_CRON_CLOUD_AGENT_EXECUTABLE = ${programFolder}/agent
STARTD_CRON_CLOUD_AGENT_MODE = WaitForExit
STARTD_CRON_CLOUD_AGENT_PERIOD = 2s
STARTD_CRON_CLOUD_AGENT_JOB_LOAD = 0

# The hook that prepares a machine, and the script that prints its domain. Both only ask the agent.
${HOOK_KEYWORD}_HOOK_PREPARE_JOB = ${programFolder}/prepare
LIBVIRT_XML_SCRIPT = ${programFolder}/domain

# Which VM jobs may start: ours, of our version, within what they reserved, and only beside a live agent. Whoever may
# submit may set any attribute, so this is checked here and not in the submission.
CloudAgentAlive = (time() - ${SLOT_ATTRIBUTE.heartbeat} < ${HEARTBEAT_TIMEOUT_SECONDS})
CloudJobAllowed = (TARGET.HookKeyword =?= "${HOOK_KEYWORD}" && TARGET.${JOB.schema} =?= ${JOB_SCHEMA} && \\
  TARGET.${STANDARD_ATTRIBUTE.memoryMiB} <= TARGET.RequestMemory && TARGET.${STANDARD_ATTRIBUTE.vcpus} <= TARGET.RequestCpus && \\
  (TARGET.${JOB.diskGiB} =?= undefined || TARGET.${JOB.diskGiB} * ${KIB_PER_GIB} <= TARGET.RequestDisk) && \\
  TARGET.VMPARAM_vm_Disk =?= "${VM_DISK}" && \\
  $(CloudAgentAlive)) =?= True
# No other job may run under the account of VM jobs: it starts only where it runs as its owner.
START = ($(START)) && ifThenElse(TARGET.JobUniverse =?= ${VM_UNIVERSE}, $(CloudJobAllowed), ($(CloudRunsAsOwner)) =?= true)
`;
}
