import { eventually } from "./wait.ts";

/** What a guest's web server answers. A lease is known a moment before the guest has taken its address. */
export async function guestAnswer(ipAddress: string, path: string): Promise<string> {
  const ask = () =>
    fetch(`http://${ipAddress}${path}`, { signal: AbortSignal.timeout(5000) }).then((answer) => answer.text());
  return eventually(
    `an answer from ${ipAddress}${path}`,
    () => ask().catch(String),
    (text) => !/Error/.test(text),
    30,
  );
}
