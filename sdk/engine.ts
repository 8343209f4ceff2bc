import { createRequire } from "node:module";

/** The engine that started this process, as far as it lets itself be spoken to. */
export interface Engine {
  /** Shows a passing message on a resource's own row; an empty one clears it. Never fails, never waits. */
  show(urn: string, message: string): void;
  /** Adds a warning to a resource's diagnostics. Never fails, never waits. */
  warn(urn: string, message: string): void;
  /** Adds a line to a resource's diagnostics that is no warning. Never fails, never waits. */
  note(urn: string, message: string): void;
  /** Adds to the log that `pulumi up --debug` shows. Never fails, never waits. */
  debug(message: string): void;
  /** Whether the engine still answers. True where it cannot be asked: then nothing is known against it. */
  answers(): Promise<boolean>;
}

const SHOW_DEADLINE_MILLISECONDS = 3_000;
const ANSWER_DEADLINE_MILLISECONDS = 15_000;

/** An engine that cannot be spoken to. */
const SILENT: Engine = { show: () => {}, warn: () => {}, note: () => {}, debug: () => {}, answers: async () => true };

/**
 * Connects to the engine, whose address Pulumi's host is given as its only argument. Undocumented, so that anything
 * unexpected about it leaves an engine that is silent.
 */
export function connectEngine(address: string | undefined = process.argv[2]): Engine {
  if (address === undefined || !/^[^\s/]+:\d+$/.test(address)) return SILENT;
  try {
    return openEngine(address);
  } catch {
    return SILENT;
  }
}

function openEngine(address: string): Engine {
  const require = createRequire(import.meta.url);
  const {
    EngineClient,
  }: typeof import("@pulumi/pulumi/proto/engine_grpc_pb.js") = require("@pulumi/pulumi/proto/engine_grpc_pb.js");
  const messages: typeof import("@pulumi/pulumi/proto/engine_pb.js") = require("@pulumi/pulumi/proto/engine_pb.js");
  // Not a dependency of ours: the one that Pulumi's own client is made of.
  const grpc: typeof import("@grpc/grpc-js") = createRequire(require.resolve("@pulumi/pulumi/package.json"))(
    "@grpc/grpc-js",
  );
  const client = new EngineClient(address, grpc.credentials.createInsecure());

  /** Sends one line of diagnostics, `ephemeral` until the next one. */
  function log(severity: 0 | 1 | 2, urn: string, message: string, ephemeral: boolean): void {
    const request = new messages.LogRequest();
    request.setSeverity(severity);
    request.setUrn(urn);
    request.setMessage(message);
    request.setEphemeral(ephemeral);
    client.log(request, new grpc.Metadata(), { deadline: Date.now() + SHOW_DEADLINE_MILLISECONDS }, () => {});
  }

  return {
    show: (urn, message) => log(messages.LogSeverity.INFO, urn, message, true),
    debug: (message) => log(messages.LogSeverity.DEBUG, "", message, false),
    warn: (urn, message) => log(messages.LogSeverity.WARNING, urn, message, false),
    note: (urn, message) => log(messages.LogSeverity.INFO, urn, message, false),
    answers() {
      const { UNAVAILABLE, DEADLINE_EXCEEDED } = grpc.status;
      const options = { deadline: Date.now() + ANSWER_DEADLINE_MILLISECONDS };
      return new Promise((resolve) => {
        // Any answer will do, a refusal too: it comes from an engine that lives.
        client.getRootResource(new messages.GetRootResourceRequest(), new grpc.Metadata(), options, (error) => {
          resolve(error === null || (error.code !== UNAVAILABLE && error.code !== DEADLINE_EXCEEDED));
        });
      });
    },
  };
}
