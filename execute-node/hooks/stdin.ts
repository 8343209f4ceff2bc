/**
 * Reads standard input to its end. A hook does so before anything else: one that closes its output earlier hangs the
 * job for ever.
 */
export async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
