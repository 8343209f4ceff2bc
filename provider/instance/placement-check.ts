import type { CheckResult } from "../check.ts";
import type { Context } from "../context.ts";
import { CloudError } from "../errors.ts";
import { isAboutSlotsAlone } from "../htcondor/parse.ts";
import type { Pool } from "../htcondor/pool.ts";
import { shown } from "./checked.ts";
import { EXPRESSION_INPUTS } from "./placement-inputs.ts";

/** What one process asked of its pool about expressions, each once. */
interface Asked {
  readonly parsed: Map<string, Promise<string | undefined | CloudError>>;
  readonly met: Map<string, Promise<boolean | CloudError>>;
}

const asked = new WeakMap<Pool, Asked>();

/**
 * Has HTCondor parse the expressions among checked inputs, and warns of requirements that no execute node meets now. Where
 * HTCondor cannot be asked that is a warning, so that a pipeline without access can preview.
 *
 * @param isNew - whether a machine is to be made, for which somebody has to meet the requirements
 * @returns what is no expression, in HTCondor's own words
 */
export async function checkExpressions(
  inputs: Readonly<Record<string, unknown>>,
  unknown: ReadonlySet<string>,
  { pool }: Pick<Context, "pool">,
  isNew: boolean,
  warn: (message: string) => void,
): Promise<CheckResult["failures"]> {
  const failures: CheckResult["failures"] = [];
  for (const property of EXPRESSION_INPUTS) {
    const text = inputs[property];
    if (typeof text !== "string" || unknown.has(property)) continue;
    const words = await once(askedOf(pool).parsed, text, () => pool.parse(text));
    if (words instanceof CloudError) {
      warn(`Whether HTCondor can read ${property} is not known before the submission.\n  ${words.message}`);
    } else if (words !== undefined) {
      failures.push({ property, reason: `${shown(text)}: HTCondor says: ${words}` });
    }
  }
  const { requirements } = inputs;
  if (failures.length > 0 || !isNew || typeof requirements !== "string" || unknown.has("requirements")) return failures;
  if (!isAboutSlotsAlone(requirements)) return failures;
  // A pool that cannot be asked is warned of by whoever asks for its nodes.
  if ((await once(askedOf(pool).met, requirements, () => pool.isMetByAny(requirements))) === false) {
    warn(`No execute node meets these requirements now, so machines queue until one does: ${requirements}`);
  }
  return failures;
}

function askedOf(pool: Pool): Asked {
  const latest = asked.get(pool) ?? { parsed: new Map(), met: new Map() };
  asked.set(pool, latest);
  return latest;
}

/** Asks each question once in a process; an answer may be that nobody could answer. */
function once<Answer>(
  answers: Map<string, Promise<Answer | CloudError>>,
  text: string,
  ask: () => Promise<Answer>,
): Promise<Answer | CloudError> {
  const answer =
    answers.get(text) ??
    ask().catch((error: unknown) => {
      if (error instanceof CloudError) return error;
      throw error;
    });
  answers.set(text, answer);
  return answer;
}
