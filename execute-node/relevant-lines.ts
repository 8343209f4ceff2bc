/** The attributes of a job ad that the agent reads; the rest stays out of a request. */
const RELEVANT = /^\s*(?:Cloud[A-Za-z]+|JobVM[A-Za-z_]+|GlobalJobId|ClusterId|ProcId|User|VM_XML|VMPARAM_VM_NAME)\s*=/i;

/** Keeps of a job ad's text, one attribute a line, what the agent reads. */
export function relevantLines(adText: string): string {
  return adText
    .split("\n")
    .filter((line) => RELEVANT.test(line))
    .join("\n");
}
