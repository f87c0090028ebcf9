import { writeFileSync, utimesSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { request } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import { startCoreProcess } from "../../../test/support/core-process.ts";
import { createFakeCa } from "../../../test/support/fake-ca.ts";
import { createOpened } from "../../../test/support/opened.ts";
import { undiciThrough } from "../../../test/support/proxy-clients.ts";
import { clockAt, doctorHome, lookOne, onHomeOf, withAuthority } from "../__fixtures__/doctor-bench.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

describe("the clock", () => {
  it("is in order with what is at hand", async () => {
    const { context } = doctorHome();
    await withAuthority(context);
    writeFileSync(context.paths.stateFile, "{}", { mode: 0o600 });
    const found = await lookOne(context, "clock.time");
    expect(found).toMatchObject({ state: "ok" });
    expect(found.text).toContain("the authority and the files of this home");
  });

  it("stands before the day on which the authority was made", async () => {
    const { context } = doctorHome();
    await withAuthority(context);
    const found = await lookOne({ ...context, clock: clockAt(-30) }, "clock.time");
    expect(found).toMatchObject({ state: "fail", fix: "set the clock right" });
  });

  it("was ahead when a file of this home was written", async () => {
    const { context } = doctorHome();
    writeFileSync(context.paths.stateFile, "{}", { mode: 0o600 });
    const later = new Date(Date.now() + 3_600_000);
    utimesSync(context.paths.stateFile, later, later);
    const found = await lookOne(context, "clock.time");
    expect(found).toMatchObject({ state: "warn" });
    expect(found.text).toMatch(/1 h later|60 min later/);
  });
});

describe("the providers' clocks", () => {
  it("are not asked for: without a core no reply is at hand", async () => {
    expect(await lookOne(doctorHome().context, "clock.skew")).toMatchObject({ state: "skip" });
  });

  it("are read from replies that went by: right, and an hour off", async () => {
    const ca = opened.add(createFakeCa());
    const said: { aheadMs: number } = { aheadMs: 3_600_000 };
    const origin = createServer(ca.issue(["api.anthropic.com"]), (_request, reply) => {
      reply.setHeader("date", new Date(Date.now() + said.aheadMs).toUTCString());
      reply.end("hi");
    });
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    opened.later(() => origin.close().closeAllConnections());
    const dial = { "api.anthropic.com": (origin.address() as AddressInfo).port }; // a TCP listener has one
    const core = opened.add(await startCoreProcess({ trust: ca.file, dial }));
    const { context } = onHomeOf(core);
    expect(await lookOne(context, "clock.skew")).toMatchObject({ state: "skip" });
    const dispatcher = undiciThrough(core);
    opened.later(() => dispatcher.close());
    const call = async (): Promise<string> =>
      (await request("https://api.anthropic.com/v1/models", { dispatcher })).body.text();
    expect(await call()).toBe("hi");
    const off = await lookOne(context, "clock.skew");
    expect(off).toMatchObject({ state: "fail", fix: "set the clock right" });
    expect(off.text).toContain("behind the providers'");
    // One reply that agrees is believed before many that caches may have kept.
    said.aheadMs = 0;
    await call();
    expect(await lookOne(context, "clock.skew")).toMatchObject({ state: "ok" });
  }, 90_000);
});
