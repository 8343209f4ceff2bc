import { channel } from "node:diagnostics_channel";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import * as engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import { type LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { connectEngine } from "../../../sdk/engine.ts";
import { interruptions } from "../../../sdk/interruption.ts";

/** A gRPC server with Pulumi's engine service, as far as a provider asks it. */
async function startEngine() {
  const logged: LogRequest.AsObject[] = [];
  const server = new Server();
  const unimplemented = (_call: unknown, callback: (error: { code: number }) => void) => callback({ code: 12 });
  server.addService(engineService.EngineService, {
    log(call: { request: LogRequest }, callback: (error: null, response: Empty) => void) {
      logged.push(call.request.toObject());
      callback(null, new Empty());
    },
    getRootResource: unimplemented,
    setRootResource: unimplemented,
    startDebugging: unimplemented,
    requirePulumiVersion: unimplemented,
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  onTestFinished(() => server.forceShutdown());
  return { address: `127.0.0.1:${port}`, logged, stop: () => server.forceShutdown() };
}

describe("the engine", () => {
  test("is told what to show on a resource's own row, for the moment only", async () => {
    const { address, logged } = await startEngine();
    connectEngine(address).show("urn:pulumi:dev::shop::t::web", "waiting");
    await vi.waitFor(() => expect(logged).toHaveLength(1), 5_000);
    expect(logged[0]).toMatchObject({ urn: "urn:pulumi:dev::shop::t::web", message: "waiting", ephemeral: true });
  });

  test("is told what to warn of beside a resource, for good", async () => {
    const { address, logged } = await startEngine();
    connectEngine(address).warn("urn:pulumi:dev::shop::t::web", "the pool is busy");
    await vi.waitFor(() => expect(logged).toHaveLength(1), 5_000);
    expect(logged[0]).toMatchObject({ message: "the pool is busy", severity: LogSeverity.WARNING, ephemeral: false });
  });

  test("is told what is no warning beside a resource, for good too", async () => {
    const { address, logged } = await startEngine();
    connectEngine(address).note("urn:pulumi:dev::shop::t::web", "nothing comes of it");
    await vi.waitFor(() => expect(logged).toHaveLength(1), 5_000);
    expect(logged[0]).toMatchObject({ message: "nothing comes of it", severity: LogSeverity.INFO, ephemeral: false });
  });

  test("answers as long as it lives, even if only to refuse, and not when it is gone", async () => {
    const { address, stop } = await startEngine();
    const engine = connectEngine(address);
    expect(await engine.answers()).toBe(true);
    stop();
    expect(await engine.answers()).toBe(false);
    engine.show("urn", "nobody hears this, and nothing fails");
  });

  test.each(["", "run", "--watch", "/some/file.test.ts", "unix:///run/engine"])(
    "is not looked for at %j, which is no address, and nothing is known against it",
    async (address) => {
      const engine = connectEngine(address);
      engine.show("urn", "nothing");
      expect(await engine.answers()).toBe(true);
    },
  );

  test("is not looked for where the process was given no address", async () => {
    const given = process.argv;
    process.argv = given.slice(0, 2);
    onTestFinished(() => {
      process.argv = given;
    });
    expect(await connectEngine().answers()).toBe(true);
  });
});

describe("an interruption", () => {
  const stream = (path: unknown) => ({ stream: {}, headers: { ":path": path } });

  test("is heard when the engine calls to cancel, and at no other call", () => {
    const signal = interruptions("test.http2");
    channel("test.http2").publish(stream("/pulumirpc.ResourceProvider/Create"));
    expect(signal.aborted).toBe(false);
    channel("test.http2").publish(stream("/pulumirpc.ResourceProvider/Cancel"));
    expect(signal.aborted).toBe(true);
  });

  test.each([[undefined], ["text"], [{}], [{ headers: null }], [{ headers: [] }]])(
    "is not taken from %j",
    (message) => {
      const signal = interruptions("test.http2.odd");
      channel("test.http2.odd").publish(message);
      expect(signal.aborted).toBe(false);
    },
  );
});
