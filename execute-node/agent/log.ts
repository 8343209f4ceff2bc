import { appendFileSync, renameSync, statSync } from "node:fs";

/** Writes one line to the agent's log. */
export type Log = (message: string) => void;

/** The size at which the log starts anew; the one before is kept beside it. */
const LOG_MAX_BYTES = 1024 * 1024;

/**
 * A log of bounded size: `agent.log` and `agent.log.old`. A log that cannot be written is no reason to stop serving
 * machines, so failures go to standard error alone.
 */
export function openLog(path: string): Log {
  let bytes = sizeOf(path);
  return (message) => {
    const line = `${new Date().toISOString()} ${message.replace(/\n/g, "\n  ")}\n`;
    try {
      if (bytes > LOG_MAX_BYTES) {
        renameSync(path, `${path}.old`);
        bytes = 0;
      }
      appendFileSync(path, line);
      bytes += Buffer.byteLength(line);
    } catch (error) {
      process.stderr.write(`${String(error)}: ${line}`);
    }
  };
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
