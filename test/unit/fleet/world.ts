import { expect } from "vitest";
import { createFleet, readFleet, updateFleet } from "../../../provider/fleet/lifecycle.ts";
import { Operation } from "../../../provider/operation.ts";
import { FakeCondor } from "../htcondor/fake-condor.ts";
import { FLEET, FLEET_KEY } from "./samples.ts";

type Members = Record<string, { id: string; state: string; ready: boolean; upToDate: boolean }>;
export type Outputs = Record<string, unknown> & { members: Members };

export const operation = (options: ConstructorParameters<typeof Operation>[0] = {}) =>
  new Operation({ timeoutSeconds: 20, ...options });
export const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("it succeeded"),
    (error) => error,
  );

/** A pool with a fleet in it, and ways to go on with that. */
export class World {
  readonly condor = new FakeCondor();
  readonly context = this.condor.context();
  readonly warnings: string[] = [];
  readonly said: string[] = [];
  outputs: Outputs = { members: {} };
  #began = 0;

  operation(options: ConstructorParameters<typeof Operation>[0] = {}): Operation {
    const told = { warn: (text: string) => this.warnings.push(text), progress: (text: string) => this.said.push(text) };
    return operation({ ...told, ...options });
  }

  async create(change: Record<string, unknown> = {}, options: ConstructorParameters<typeof Operation>[0] = {}) {
    const created = await createFleet({ ...FLEET, ...change }, this.context, this.operation(options));
    this.outputs = created.outputs as Outputs;
    this.#began = this.condor.log.length;
    return created.id;
  }

  async update(change: Record<string, unknown>, options: ConstructorParameters<typeof Operation>[0] = {}) {
    const updated = updateFleet(
      FLEET_KEY,
      this.outputs,
      { ...FLEET, ...change },
      this.context,
      this.operation(options),
    );
    this.outputs = (await updated) as Outputs;
  }

  async read(state: Record<string, unknown> = this.outputs) {
    return (await readFleet(FLEET_KEY, state, this.context, this.operation())).outputs as Outputs;
  }

  /** The commands since the create. */
  commands(which?: string): string[] {
    return this.condor.log.slice(this.#began).filter((command) => which === undefined || command === which);
  }

  ids(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.outputs.members).map(([name, { id }]) => [name, id]));
  }

  names(): unknown[] {
    return this.condor.jobs.map((job) => job.CloudName).sort();
  }

  job(name: string) {
    return this.condor.jobs.find((job) => job.CloudName === name);
  }
}

export async function fleet(change: Record<string, unknown> = {}) {
  const world = new World();
  await world.create(change);
  return world;
}
