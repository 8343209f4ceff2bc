import type { Context } from "../context.ts";
import type { Operation } from "../operation.ts";

type Properties = Record<string, unknown>;

/** Makes a fleet. */
export async function createFleet(
  _inputs: Properties,
  _context: Context,
  _operation: Operation,
): Promise<{ id: string; outputs: Properties }> {
  throw new TypeError("A fleet's lifecycle is being written");
}

/** Tells the truth about a fleet, without waiting. */
export async function readFleet(
  _id: string,
  _state: Properties,
  _context: Context,
  _operation: Operation,
): Promise<{ id: string; outputs: Properties; inputs?: Properties } | undefined> {
  throw new TypeError("A fleet's lifecycle is being written");
}

/** Brings a fleet to what its inputs say. */
export async function updateFleet(
  _id: string,
  _olds: Properties,
  _news: Properties,
  _context: Context,
  _operation: Operation,
): Promise<Properties> {
  throw new TypeError("A fleet's lifecycle is being written");
}

/** Removes all members of a fleet. */
export async function deleteFleet(
  _id: string,
  _state: Properties,
  _context: Context,
  _operation: Operation,
): Promise<void> {
  throw new TypeError("A fleet's lifecycle is being written");
}
