import { GUARD_COMMAND, GUARD_LINE, GUARD_SETTING } from "../../../contract/interfaces.ts";
import { messageOf } from "../../agent/refusal.ts";
import { runPatiently } from "../patient-run.ts";
import { type Check, type Judgement, ok, warning } from "./check.ts";

/** Whether the pool's manager keeps two machines from one MAC address. Machines that name none do not need it. */
export const guardCheck: Check<unknown> = {
  name: "central manager",
  judge: async () => judgeGuard(await negotiatorAnswer()),
};

/** What the pool's negotiator answers: the setting's value, undefined where it has none, or why it did not answer. */
export type NegotiatorAnswer = { readonly value: string | undefined } | { readonly silence: string };

async function negotiatorAnswer(): Promise<NegotiatorAnswer> {
  try {
    const value = (await runPatiently("condor_config_val", ["-negotiator", GUARD_SETTING])).trim();
    // It says so on its standard error or output, and exits 0 all the same (measured on 23.9).
    return { value: value === "" || /^Not defined/i.test(value) ? undefined : value };
  } catch (error) {
    const silence = messageOf(error);
    return /Not defined/i.test(silence) ? { value: undefined } : { silence };
  }
}

/** Judges the answer. Pure. */
export function judgeGuard(answer: NegotiatorAnswer): Judgement {
  if ("silence" in answer) {
    return warning(
      `whether it has ${GUARD_LINE} is not known: ${answer.silence}`,
      "On the central manager: condor-cloud manager doctor",
    );
  }
  if (answer.value === "1") return ok("keeps machines with one MAC address apart");
  return warning(
    `${GUARD_SETTING} is ${answer.value ?? "not set"}: machines with a MAC address or a fixed address of their own are refused`,
    `On the central manager: ${GUARD_COMMAND} (it writes ${GUARD_LINE}, and runs condor_reconfig)`,
  );
}
