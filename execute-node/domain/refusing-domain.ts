/** The words by which vm-gahp tells a fault of the job's image from a fault of the node (xen_type.linux.cpp, Start). */
const BAD_IMAGE = "image is not in qcow2 format";

/** The longest reason, in characters. */
const REASON_MAX = 300;

/**
 * What the domain script prints when it cannot have the real domain. It must print something and succeed: vm-gahp
 * would otherwise build a domain of its own from the job's `vm_disk` and start that as root.
 *
 * A domain that libvirt refuses normally takes the whole node out of the pool, and one that starts and ends at once
 * looks like a machine that was powered off. This one has a disk that does not exist, whose name carries the words by
 * which vm-gahp knows a bad image. libvirt refuses it before anything runs, quoting the name, so HTCondor holds this job
 * (VMGAHP_ERR_BAD_IMAGE), the node stays in the pool, and vm-gahp's log says why.
 *
 * @param reason - why there is no real domain, for that log
 */
export function refusingDomain(reason: string): string {
  const words = reason
    .replace(/[^A-Za-z0-9 .,:;_#-]+/g, " ")
    .replace(/\s+/g, " ")
    .slice(0, REASON_MAX);
  const file = `/nonexistent/condor-cloud: ${words}: ${BAD_IMAGE}`;
  return (
    "<domain type='qemu'><name>condor-cloud-refused</name><memory unit='MiB'>1</memory><vcpu>1</vcpu>" +
    "<os><type>hvm</type></os><devices><disk type='file' device='disk'><driver name='qemu' type='raw'/>" +
    `<source file='${file}'/><target dev='vda' bus='virtio'/><readonly/></disk></devices></domain>`
  );
}
