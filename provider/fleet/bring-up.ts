import { publicKeyOf } from "../../contract/sealed.ts";
import { CloudError, InterruptedError } from "../errors.ts";
import { JobNotFoundError } from "../htcondor/errors.ts";
import type { QueueJob } from "../htcondor/jobs.ts";
import { EndedError, OrphanedError } from "../instance/errors.ts";
import type { Found } from "../instance/look.ts";
import { obtainJob } from "../instance/obtain.ts";
import { whyItQueues } from "../instance/queueing.ts";
import { hasEnded, observe } from "../instance/state.ts";
import { waitUntilReady } from "../instance/wait.ts";
import type { Operation } from "../operation.ts";
import { WAITING_FOR_POOL } from "../patience.ts";
import type { Crew, CrewMember } from "./crew.ts";
import { listed } from "./errors.ts";
import { handOver } from "./hand-over.ts";
import { partOf } from "./part.ts";
import { Quorum } from "./quorum.ts";

/** Whom to bring up. */
export interface Muster {
  /** The names of those who have no job of this fleet's yet, or one that nobody was told about. */
  readonly obtain: readonly string[];
  /** The names of those who have one, and are waited for. */
  readonly await: readonly string[];
  /** Whether they are waited for though no member of the fleet must be ready: a roll goes on when they are. */
  readonly isWave?: boolean;
}

/**
 * Makes members as an instance's create makes a machine, and waits for them and for others: all at once, so that they
 * share their commands. Each fails alone. Whoever exists at the end is handed over, as the last act.
 *
 * @returns what went wrong, by the members' names
 * @throws OrphanedError when nobody hears the answer any more; then nobody was handed over
 */
export async function bringUp(crew: Crew, muster: Muster): Promise<Map<string, CloudError>> {
  const names = [...muster.obtain, ...muster.await];
  const { minReady, maxQueueSeconds } = crew.fleet;
  const countReady = () => crew.members.filter(({ isReady }) => isReady).length;
  const quorum = new Quorum({ minReady, maxQueueSeconds, countReady }, names);
  const signal = AbortSignal.any([crew.operation.signal, quorum.signal]);
  const obtained = new Set(muster.obtain);
  const sealKey = publicKeyOf(crew.consoleKey);
  const known = crew.isUnseen ? [] : undefined;
  crew.isUnseen = false;

  const left: CrewMember[] = [];
  const failures = new Map<string, CloudError>();
  const outcomes = await Promise.allSettled(
    names.map(async (name) => {
      const progress = (words: string) => tell(crew, name, words);
      const part = partOf(crew.operation, crew.fleet.timeoutSeconds, { signal, progress });
      try {
        if (obtained.has(name)) await obtain(crew, name, sealKey, part, known);
        await settle(crew, name, muster, quorum, part);
      } catch (error) {
        if (error instanceof EndedError || error instanceof JobNotFoundError) crew.forget(name);
        const member = crew.member(name);
        const isLeft = error instanceof InterruptedError && quorum.signal.aborted && !crew.operation.signal.aborted;
        if (!isLeft || member === undefined) throw error;
        crew.leave(member);
        left.push(member);
      } finally {
        quorum.settle(name);
      }
    }),
  );
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") continue;
    const { reason } = outcome;
    if (!(reason instanceof CloudError) || reason instanceof OrphanedError) throw reason;
    failures.set(names[index] ?? "", reason);
  }
  for (const [name, failure] of await handOver(crew, failures.size === 0))
    if (!failures.has(name)) failures.set(name, failure);
  if (left.length > 0) crew.operation.warn(await leftQueueing(crew, left));
  return failures;
}

/** Obtains a member's job; from then on it is one of the crew. */
async function obtain(
  crew: Crew,
  name: string,
  sealKey: string,
  part: Operation,
  known: readonly QueueJob[] | undefined,
): Promise<void> {
  const job = await obtainJob(crew.inputsOf(name), sealKey, crew.context, part, known);
  crew.see(name, job, observe(job, undefined), false);
}

/** Waits until a member is what it should be. */
async function settle(
  crew: Crew,
  name: string,
  { isWave = false }: Muster,
  quorum: Quorum,
  part: Operation,
): Promise<void> {
  const member = crew.member(name);
  if (member === undefined || (crew.fleet.minReady === 0 && !isWave)) return;
  const wish = { waitFor: crew.goalOf(name), resourceUrn: crew.fleet.resourceUrn };
  const onSeen = ({ job, seen }: Found) => {
    if (!hasEnded(seen)) crew.see(name, job, seen, false);
    quorum.see(name, seen.state === "queued");
  };
  const { found } = await waitUntilReady(member.job.globalJobId, wish, crew.context, part, onSeen, member);
  crew.see(name, found.job, found.seen, true);
}

/** What a member does, the fleet sums up; what the pool does, is said. */
function tell(crew: Crew, name: string, words: string): void {
  const isSummedUp = crew.member(name) !== undefined && !words.startsWith(WAITING_FOR_POOL);
  if (!isSummedUp && words !== "") crew.progress.say(words);
}

/** What is said of members that were left to queue: why, of the first of them. */
async function leftQueueing(crew: Crew, left: readonly CrewMember[]): Promise<string> {
  const [first] = left;
  const { count, maxQueueSeconds } = crew.fleet;
  const why = first === undefined ? [] : await whyItQueues(first.job, crew.context);
  const names = left.map(({ name }) => name).sort();
  return [
    `${left.length} of the ${count} members still queue after ${maxQueueSeconds} s and were left to: ${listed(names)}. They start when nodes take them.`,
    ...why.map((line) => `${first?.name}: ${line}`),
    "The next `pulumi up` goes on waiting for them.",
  ].join("\n  ");
}
