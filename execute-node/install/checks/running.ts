import { hostname } from "node:os";
import { z } from "zod";
import { HEARTBEAT_TIMEOUT_SECONDS, parseNodeReport, SLOT_ATTRIBUTE } from "../../../contract/node-report.ts";
import type { NodeStatus } from "../../agent/status.ts";
import type { ResolvedNodeConfiguration } from "../../configuration.ts";
import { complaintAs } from "../accounts.ts";
import { type AgentAnswer, askAgent } from "../agent-client.ts";
import { hasSystemd, readSituation } from "../apply.ts";
import { askStartd, type Startd } from "../htcondor.ts";
import { runPatiently } from "../patient-run.ts";
import { stepsLeft, stepText } from "../steps.ts";
import { type Check, failed, type Judgement, ok, warning } from "./check.ts";
import { guardCheck } from "./guard.ts";

/** START compares the agent's heartbeat with its own clock, and the negotiator does with its. */
const CLOCK_SECONDS = 30;

/** What must be so while the node runs. */
export const runningChecks: readonly Check[] = [
  { name: "what runs", judge: (configuration) => judgeSteps(configuration) },
  { name: "virtual machines", judge: async () => judgeMachines(await askStartd()) },
  {
    name: "agent",
    judge: async ({ stateFolder }) => {
      const startd = await askStartd().catch(() => undefined);
      return judgeAgent(await askAgent(stateFolder), startd?.slots[0]?.[SLOT_ATTRIBUTE.trouble] ?? undefined);
    },
  },
  { name: "publishing", judge: async ({ condorAccount }) => judgePublishing(condorAccount, await askStartd()) },
  { name: "pool", judge: async () => judgePool(await collectorAd(await askStartd()), Date.now() / 1000) },
  guardCheck,
];

async function judgeSteps(configuration: ResolvedNodeConfiguration): Promise<Judgement> {
  const steps = stepsLeft(await readSituation(configuration));
  const systemd = await hasSystemd();
  if (steps.length === 0) return ok("is what is installed");
  const judge = steps.some(({ step }) => step === "start") ? failed : warning;
  return judge("is not what is installed", steps.map((step) => stepText(step, systemd)).join("\n"));
}

/** Whether the startd takes virtual machines. Pure. */
export function judgeMachines(startd: Startd | undefined): Judgement {
  const [slot] = startd?.slots ?? [];
  if (slot === undefined)
    return failed("the startd does not answer", "Start HTCondor; its StartLog and MasterLog say more.");
  if (slot.HasVM === true) return ok("HTCondor takes them");
  return failed(
    `HTCondor takes none: ${slot.VMOfflineReason ?? "it has found no virtualization"}`,
    "The agent puts the node back once libvirt works again; its log, StarterLog and VMGahpLog say more.",
  );
}

/**
 * Whether the agent answers, and takes machines. Pure.
 *
 * @param published - the trouble that it last published: while it waits for libvirt it answers nobody yet
 */
export function judgeAgent(answer: AgentAnswer, published?: string): Judgement {
  if ("silence" in answer) {
    return failed(
      `does not answer: ${answer.silence}${published ? `; the last trouble that it published: ${published}` : ""}`,
      "HTCondor's startd starts it. Its log is log/agent.log in the state folder; the StartLog says whether it was started.",
    );
  }
  const { agent, node } = answer.status satisfies NodeStatus;
  const since = new Date(agent.startedAt * 1000).toISOString();
  if (node === undefined || node.heartbeat === 0) {
    return failed(
      `process ${agent.pid}, since ${since}, takes no machines: ${node?.trouble || "libvirt does not answer it"}`,
      "Its log, log/agent.log in the state folder, says why.",
    );
  }
  const found = `process ${agent.pid}, since ${since}`;
  return node.trouble === ""
    ? ok(found)
    : warning(`${found}; last trouble: ${node.trouble}`, "Nothing, if that is over.");
}

async function judgePublishing(account: string, startd: Startd | undefined): Promise<Judgement> {
  if (startd === undefined) return failed("the startd does not answer", "Start HTCondor.");
  const complaint = await complaintAs(account, "condor_ping", ["-verbose", "-addr", startd.address, "ADMINISTRATOR"]);
  if (complaint === undefined) return ok(`the startd takes it from ${account}`);
  return failed(
    `${account} has no ADMINISTRATOR right on this machine's startd: ${complaint}`,
    `ALLOW_ADMINISTRATOR = $(ALLOW_ADMINISTRATOR) ${account}@$(UID_DOMAIN)`,
  );
}

const CollectorAds = z.array(z.looseObject({ LastHeardFrom: z.int(), MyCurrentTime: z.int() }));

/** What the pool knows of this node; undefined where it does not. */
export type CollectorAd = z.infer<typeof CollectorAds>[number] | undefined;

async function collectorAd(startd: Startd | undefined): Promise<CollectorAd> {
  const machine = startd?.slots[0]?.Machine ?? hostname();
  const constraint = `Machine == "${machine.replace(/[^A-Za-z0-9.-]/g, "")}" && PartitionableSlot =?= True`;
  const output = await runPatiently("condor_status", ["-json", "-constraint", constraint]);
  return CollectorAds.parse(output.trim() === "" ? [] : JSON.parse(output))[0];
}

/**
 * Whether the pool hears this node, and agrees about the time. Pure.
 *
 * @param now - Unix time in seconds
 */
export function judgePool(ad: CollectorAd, now: number): Judgement {
  if (ad === undefined) {
    return failed(
      "the collector does not know this node",
      "See the StartLog: CONDOR_HOST, the firewall (port 9618) and the node's token.",
    );
  }
  // One time is the collector's, when the ad came; the other is this node's, when it was sent.
  const skew = ad.LastHeardFrom - ad.MyCurrentTime;
  if (Math.abs(skew) > CLOCK_SECONDS) {
    return failed(
      `the collector's clock and this one are ${skew} s apart`,
      "Let both follow the same time server (chrony, systemd-timesyncd).",
    );
  }
  const heartbeat = parseNodeReport(ad)?.heartbeat;
  if (heartbeat === undefined) return failed("the pool has no word of the agent", "See the checks above.");
  const silent = Math.round(now - heartbeat);
  if (silent <= HEARTBEAT_TIMEOUT_SECONDS) return ok(`hears the agent; last ${silent} s ago`);
  const words = heartbeat === 0 ? "hears that the node takes no machines" : `last heard the agent ${silent} s ago`;
  return failed(words, "See the checks above.");
}
