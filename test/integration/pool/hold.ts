import { runIn } from "../../../sandbox/machine.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";

const FOLDER = "/run/condor-cloud-test";
const WRAPPER = "/usr/local/bin/qemu-img";

/**
 * Stands before the real qemu-img on the node's PATH: the making of a machine's disk waits as long as the test wants it
 * to, so that what happens meanwhile happens while the machine is being prepared. It does not outlive who started it.
 */
const SCRIPT = `#!/bin/sh
job=$(expr "$*" : '.*/instances/\\([0-9.]*\\)-')
held() { case "$*" in "create "*"$(cat ${FOLDER}/hold)"*) ;; *) return 1 ;; esac; }
while [ -e ${FOLDER}/hold ] && held "$@" && [ ! -e "${FOLDER}/go-$job" ] && [ -d "/proc/$PPID" ]; do sleep 0.05; done
[ -d "/proc/$PPID" ] || exit 1
exec /usr/bin/qemu-img "$@"
`;

/** How the command line of a disk in the making looks, held back or not. */
export const DISK_IN_THE_MAKING = /qemu-img create/;

/**
 * Holds back the preparation of every machine that comes to this node.
 *
 * @param digest - only of this image's machines; absent: of all
 */
export async function holdPreparations(node: Machine, digest = ""): Promise<void> {
  const write = `mkdir -p ${FOLDER} && printf %s "$1" > ${WRAPPER} && chmod 755 ${WRAPPER} && printf %s "$2" > ${FOLDER}/hold`;
  await runIn(node, ["sh", "-c", write, "sh", SCRIPT, digest]);
}

/** Lets one machine go on. @param jobId - `cluster.proc` */
export async function letGo(node: Machine, jobId: string): Promise<void> {
  await runIn(node, ["touch", `${FOLDER}/go-${jobId}`]);
}

/** Lets every machine go on, and takes away what held them; a node that was started anew has nothing of it. */
export async function letAllGo(node: Machine): Promise<void> {
  await runIn(node, ["rm", "-rf", FOLDER, WRAPPER]);
}
