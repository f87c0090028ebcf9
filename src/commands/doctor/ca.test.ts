import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { certificatesIn } from "../../intercept/trust/pem.ts";
import { clockAt, doctorHome, look, lookOne, withAuthority } from "../__fixtures__/doctor-bench.ts";

describe("the authority", () => {
  it("may not be there yet; looking makes none, --fix makes it with the files for clients", async () => {
    const { context } = doctorHome();
    const found = await lookOne(context, "certificates.authority");
    expect(found).toMatchObject({ state: "warn", why: "the first start makes it" });
    expect(existsSync(context.paths.certsDir)).toBe(false);
    await found.repair?.run();
    expect(await lookOne(context, "certificates.authority")).toMatchObject({ state: "ok" });
    expect(await lookOne(context, "certificates.files")).toMatchObject({ state: "ok" });
  });

  it("is whole when key and certificates belong together", async () => {
    const { context } = doctorHome();
    const { fingerprint } = await withAuthority(context);
    const found = await lookOne(context, "certificates.authority");
    expect(found.state).toBe("ok");
    expect(fingerprint.startsWith(found.text.slice(0, 23))).toBe(true);
  });

  it.each([
    ["is damaged", (text: string) => text.replace(/BEGIN PRIVATE/, "BEGIN PRIVAT")],
    [
      "has another authority's key",
      (text: string, other: string) =>
        text.slice(0, text.indexOf("-----BEGIN PRIVATE")) + other.slice(other.indexOf("-----BEGIN PRIVATE")),
    ],
  ])("is a failure when its file %s, and --fix makes a new one", async (_what, damage) => {
    const { context } = doctorHome();
    const second = doctorHome();
    await withAuthority(context);
    await withAuthority(second.context);
    const file = join(context.paths.certsDir, "authority.pem");
    const other = readFileSync(join(second.context.paths.certsDir, "authority.pem"), "utf8");
    writeFileSync(file, damage(readFileSync(file, "utf8"), other));
    const found = await lookOne(context, "certificates.authority");
    expect(found.state).toBe("fail");
    expect(JSON.stringify(found)).not.toContain("PRIVATE");
    await found.repair?.run();
    expect(await lookOne(context, "certificates.authority")).toMatchObject({ state: "ok" });
  });

  it("is a failure when others can read it; closing the file is offered once, and no new one is made for it", async () => {
    const { context } = doctorHome();
    await withAuthority(context);
    chmodSync(join(context.paths.certsDir, "authority.pem"), 0o644);
    const found = await lookOne(context, "certificates.authority");
    expect(found).toMatchObject({ state: "fail", repair: null });
    expect(found.fix).toContain("chmod 600");
  });
});

describe("validity", () => {
  it("says how many days are left", async () => {
    const { context } = doctorHome();
    await withAuthority(context);
    expect(await lookOne(context, "certificates.validity")).toMatchObject({ state: "ok" });
  });

  it("warns in the last month, and --fix rotates", async () => {
    const { context } = doctorHome();
    await withAuthority(context, clockAt(-350));
    const found = await lookOne(context, "certificates.validity");
    expect(found).toMatchObject({ state: "warn", fix: "switchyard ca rotate" });
    await found.repair?.run();
    expect(await lookOne(context, "certificates.validity")).toMatchObject({ state: "ok" });
    expect(await lookOne(context, "certificates.files")).toMatchObject({ state: "ok" });
  });

  it("is a failure after the last day, and --fix rotates", async () => {
    const { context } = doctorHome();
    await withAuthority(context, clockAt(-400));
    const found = await lookOne(context, "certificates.validity");
    expect(found).toMatchObject({ state: "fail", why: "no core starts with it" });
    expect(found.text).toMatch(/^expired on \d{4}-\d\d-\d\d$/);
    await found.repair?.run();
    expect(await lookOne(context, "certificates.validity")).toMatchObject({ state: "ok" });
  });

  it("is a failure while the clock stands before the first day, and a new one would not help", async () => {
    const { context } = doctorHome();
    await withAuthority(context, clockAt(30));
    const found = await lookOne(context, "certificates.validity");
    expect(found).toMatchObject({ state: "fail", fix: "set the clock right", repair: null });
  });
});

describe("scope", () => {
  it("covers the configured hosts", async () => {
    const { context } = doctorHome();
    await withAuthority(context);
    expect(await lookOne(context, "certificates.scope")).toMatchObject({ state: "ok" });
  });

  it("warns of hosts that are newer than the certificate, and --fix takes them in", async () => {
    const { context } = doctorHome();
    await withAuthority(context);
    writeFileSync(context.paths.configFile, "intercept: { hosts: [default, llm.example] }\n", { mode: 0o600 });
    const found = await lookOne(context, "certificates.scope");
    expect(found).toMatchObject({ state: "warn", text: "llm.example: tunnelled, not decrypted" });
    await found.repair?.run();
    expect(await lookOne(context, "certificates.scope")).toMatchObject({ state: "ok" });
  });

  it("says why a pattern can never be covered", async () => {
    const { context } = doctorHome();
    await withAuthority(context);
    writeFileSync(context.paths.configFile, 'intercept: { hosts: [default, "llm-*.example"] }\n', { mode: 0o600 });
    const [found] = await look(context, "certificates.scope");
    expect(found).toMatchObject({ state: "warn", repair: null });
    expect(found?.text).toContain("write the names out");
  });
});

describe("files for clients", () => {
  it("are written anew by --fix when they hold another root, and keep a company's", async () => {
    const { context } = doctorHome();
    const { rootPem } = await withAuthority(context);
    const other = doctorHome();
    const foreign = (await withAuthority(other.context)).rootPem;
    const extra = join(context.paths.certsDir, "extra.pem");
    const company = certificatesIn(rootCertificates[0] ?? "")[0]?.pem ?? "";
    writeFileSync(extra, foreign + company);
    const found = await lookOne(context, "certificates.files");
    expect(found).toMatchObject({ state: "warn" });
    expect(found.text).toContain("extra.pem");
    await found.repair?.run();
    expect(readFileSync(extra, "utf8")).toBe(rootPem + company);
    expect(await lookOne(context, "certificates.files")).toMatchObject({ state: "ok" });
  });
});
