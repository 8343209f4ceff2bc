import type { dynamic } from "@pulumi/pulumi";
import type { Context } from "../provider/context.ts";
import type { Operation } from "../provider/operation.ts";
import { connectEngine } from "./engine.ts";
import { interruptions } from "./interruption.ts";
import { openRow } from "./row.ts";

/**
 * What all resources of one provider process share: one engine, one context, so that their questions to the pool can
 * be asked together.
 */
export class Session {
  readonly #engine = connectEngine();
  readonly #interrupted = interruptions();
  #configuration: dynamic.Config | undefined;
  #context: Promise<Context> | undefined;

  /**
   * Keeps the stack's configuration. Reads nothing yet: the host calls a provider's other methods without waiting for
   * this one, so it must be done when it returns, and what is wrong must be said by each of them.
   */
  configure(configuration: dynamic.Config): void {
    this.#configuration = configuration;
  }

  /** The provider's context, made once. Throws what is wrong with the configuration. */
  context(): Promise<Context> {
    this.#context ??= this.#openContext();
    return this.#context;
  }

  /**
   * Runs one operation, which ends on Ctrl-C and writes on the row of its resource.
   *
   * @param properties - the resource's, with its URN
   * @param timeoutSeconds - absent: no deadline
   */
  async run<T>(
    properties: Readonly<Record<string, unknown>>,
    timeoutSeconds: number | undefined,
    step: (context: Context, operation: Operation) => Promise<T>,
  ): Promise<T> {
    const { Operation } = await import("../provider/operation.ts");
    const row = openRow(this.#engine, properties.resourceUrn);
    const operation = new Operation({
      timeoutSeconds,
      signal: this.#interrupted,
      progress: row.show,
      warn: (message) => this.warn(properties.resourceUrn, message),
      note: (message) => withUrn(properties.resourceUrn, (urn) => this.#engine.note(urn, message)),
      stillWanted: () => this.#engine.answers(),
    });
    try {
      return await step(await this.context(), operation);
    } finally {
      row.clear();
    }
  }

  /** Warns beside a resource. */
  warn(urn: unknown, message: string): void {
    withUrn(urn, (known) => this.#engine.warn(known, message));
  }

  async #openContext(): Promise<Context> {
    const { openContext } = await import("../provider/context.ts");
    const { readSettings, SettingsInput } = await import("../provider/settings.ts");
    const { configuredBy } = await import("./configured.ts");
    const settings = readSettings(configuredBy(SettingsInput, (name) => this.#configuration?.get(`condor:${name}`)));
    return openContext(settings, (message) => this.#engine.debug(message));
  }
}

/** Says nothing of a resource whose URN is not known. */
function withUrn(urn: unknown, say: (urn: string) => void): void {
  if (typeof urn === "string") say(urn);
}
