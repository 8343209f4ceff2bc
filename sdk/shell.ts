import type { dynamic } from "@pulumi/pulumi";
import { told } from "./host-errors.ts";
import type { Diff, Lifecycle } from "./lifecycle.ts";
import type { Session } from "./session.ts";
import { fromHost, toHost, unknownProperties } from "./values.ts";

type Properties = Record<string, unknown>;

/**
 * Puts a lifecycle into the form that Pulumi's host calls: unknown values told apart, the provider's own code left
 * out, errors as the host wants them.
 *
 * @param load - loads the lifecycle at first use, so that a program that declares resources loads none of it
 */
export function shell(session: Session, load: () => Promise<Lifecycle>): dynamic.ResourceProvider {
  // By URN, the resources that were read and not checked since: those that a refresh compares. The host does not say
  // which operation it is, and only an operation with a program checks before it compares (measured on CLI 3.274).
  const justRead = new Set<unknown>();
  return {
    async configure({ config }) {
      session.configure(config);
    },

    async check(olds: Properties, news: Properties) {
      return await told(async () => {
        const inputs = fromHost(news);
        const unknown = unknownProperties(inputs);
        justRead.delete(inputs.resourceUrn);
        const lifecycle = await load();
        const result = await session.run(inputs, undefined, (context, operation) =>
          lifecycle.check(inputs, unknown, context, fromHost(olds), operation),
        );
        // A check must hand back what it does not know just as it came.
        const kept = [...unknown].map((name) => [name, news[name]]);
        return { inputs: toHost({ ...result.inputs, ...Object.fromEntries(kept) }), failures: result.failures };
      });
    },

    async diff(_id, olds: Properties, news: Properties): Promise<Diff> {
      return await told(async () => {
        const inputs = fromHost(news);
        const isRefresh = justRead.has(inputs.resourceUrn);
        const lifecycle = await load();
        const diff = lifecycle.diff(fromHost(olds), inputs, unknownProperties(inputs), isRefresh);
        const warning = isRefresh ? undefined : lifecycle.warningOf?.(diff);
        if (warning !== undefined) session.warn(inputs.resourceUrn, warning);
        return diff;
      });
    },

    async create(properties: Properties) {
      return await told(async () => {
        const inputs = fromHost(properties);
        const lifecycle = await load();
        const created = await session.run(inputs, secondsFor("create", inputs, lifecycle), (context, operation) =>
          lifecycle.create(inputs, context, operation),
        );
        return { id: created.id, outs: toHost(created.outputs) };
      }, properties);
    },

    async read(id, properties: Properties) {
      return await told(async () => {
        const state = fromHost(properties);
        justRead.add(state.resourceUrn);
        const lifecycle = await load();
        const found = await session.run(state, undefined, (context, operation) =>
          lifecycle.read(id, state, context, operation),
        );
        if (found === undefined) return {}; // No id: gone.
        const inputs = found.inputs === undefined ? {} : { inputs: toHost(found.inputs) };
        return { id: found.id, props: toHost(found.outputs), ...inputs };
      });
    },

    async update(id, olds: Properties, news: Properties) {
      return await told(async () => {
        const inputs = fromHost(news);
        const lifecycle = await load();
        const outputs = await session.run(inputs, secondsFor("update", inputs, lifecycle), (context, operation) =>
          lifecycle.update(id, fromHost(olds), inputs, context, operation),
        );
        return { outs: toHost(outputs) };
      }, news);
    },

    async delete(id, properties: Properties) {
      await told(async () => {
        const state = fromHost(properties);
        const lifecycle = await load();
        await session.run(state, secondsFor("delete", state, lifecycle), (context, operation) =>
          lifecycle.delete(id, state, context, operation),
        );
      });
    },
  };
}

/** How long the removal of a machine may take where nothing else is said: a node that is cut off never ends its job. */
const DELETE_SECONDS = 600;

/**
 * The seconds that an operation may take: what Pulumi's `customTimeouts` say, which the class passed on; else, where
 * the resource has the input `timeoutSeconds`, that, which is about waiting for a machine and not about its removal, and
 * of a lifecycle that bounds its steps about one of them.
 * Destroy runs without the program: it asks the state.
 */
function secondsFor(
  operation: "create" | "update" | "delete",
  properties: Properties,
  { boundsSteps }: Pick<Lifecycle, "boundsSteps">,
): number | undefined {
  const { timeouts, timeoutSeconds } = properties;
  const isObject = typeof timeouts === "object" && timeouts !== null;
  const custom = isObject ? Reflect.get(timeouts, `${operation}Seconds`) : undefined;
  const forWait = boundsSteps === true ? undefined : timeoutSeconds;
  const usual = timeoutSeconds !== undefined && operation === "delete" ? DELETE_SECONDS : forWait;
  return [custom, usual].find((value) => typeof value === "number" && value > 0);
}
