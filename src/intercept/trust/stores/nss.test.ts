import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { mayRun } from "../../../../test/support/needs.ts";
import { former, ours, short, storeBench } from "./__fixtures__/store-bench.ts";

const isRoot = process.getuid?.() === 0;
const foreign = `${rootCertificates[0]}\n`;
const nickname = `switchyard-ann@box-${short(ours)}`;

describe("the databases of browsers", () => {
  it("are found wherever snap, Flatpak, XDG and profiles.ini put them, each once", async () => {
    const { machine, inspect, database, home, file } = storeBench({ layout: "bare" });
    for (const folder of [
      ".pki/nssdb",
      ".local/share/pki/nssdb",
      "snap/chromium/4321/.pki/nssdb",
      ".mozilla/firefox/abc.default-release",
      ".config/mozilla/firefox/new.default",
      "snap/firefox/common/.mozilla/firefox/snap.default",
      ".var/app/org.mozilla.firefox/.mozilla/firefox/flat.default",
      "elsewhere/profile",
    ]) {
      database(folder);
    }
    symlinkSync("4321", join(home, "snap/chromium/current"));
    symlinkSync(join(home, ".pki/nssdb"), join(home, ".mozilla/firefox/again"));
    file(
      "home/ann/.mozilla/firefox/profiles.ini",
      `[Profile0]\nIsRelative=1\nPath=abc.default-release\n[Profile1]\nIsRelative=0\nPath=${home}/elsewhere/profile\n`,
    );
    mkdirSync(join(home, ".mozilla/firefox/Crash Reports"));
    const nss = (await inspect()).filter(({ id }) => id.startsWith("nss:"));
    expect(nss.map(({ id }) => id.replace(`nss:sql:${home}/`, ""))).toEqual([
      ".pki/nssdb",
      ".local/share/pki/nssdb",
      "snap/chromium/current/.pki/nssdb",
      ".mozilla/firefox/abc.default-release",
      "elsewhere/profile",
      ".config/mozilla/firefox/new.default",
      "snap/firefox/common/.mozilla/firefox/snap.default",
      ".var/app/org.mozilla.firefox/.mozilla/firefox/flat.default",
    ]);
    expect(new Set(nss.map(({ state, scope }) => `${scope} ${state}`))).toEqual(new Set(["user absent"]));
    expect(machine.home).toBe(home);
  });

  it("are told to trust our root without sudo, for servers only, and are as they were afterwards", async () => {
    const { install, uninstall, inspect, snapshot, calls, database, rootFile } = storeBench({ layout: "bare" });
    const folder = database(".mozilla/firefox/abc.default");
    const before = snapshot();
    expect(await install("nss")).toMatchObject([{ ok: true }]);
    expect(calls()).toEqual([`certutil -A -d sql:${folder} -t C,, -n ${nickname} -i ${rootFile()}`]);
    expect(await inspect()).toMatchObject([{ label: "Firefox profile abc.default", state: "trusted" }, {}]);
    expect(await uninstall()).toMatchObject([{ ok: true }]);
    expect(calls().slice(1)).toEqual([`certutil -D -d sql:${folder} -n ${nickname}`]);
    expect(snapshot()).toEqual(before);
  });

  it("keep what somebody else has under our nickname", async () => {
    const { inspect, uninstall, database } = storeBench({ layout: "bare" });
    const folder = database(".pki/nssdb");
    const text = JSON.stringify([{ nickname, flags: "C,,", pem: foreign }]);
    writeFileSync(join(folder, "cert9.db"), text);
    expect(await inspect()).toMatchObject([{ state: "absent", detail: "" }, {}]);
    expect(await uninstall()).toEqual([]);
    expect(readFileSync(join(folder, "cert9.db"), "utf8")).toBe(text);
  });

  it("keep two certificates that share a nickname, one of them ours, and say what to do", async () => {
    const { removals, database } = storeBench({ layout: "bare" });
    const folder = database(".pki/nssdb");
    const entries = [foreign, ours.pem].map((pem) => ({ nickname: "mine", flags: "C,,", pem }));
    writeFileSync(join(folder, "cert9.db"), JSON.stringify(entries));
    expect((await removals())[0]).toMatchObject({
      kind: "blocked",
      fix: 'several certificates are called "mine" there: take ours out in the browser',
    });
  });

  it("give up our root under any other nickname", async () => {
    const { inspect, uninstall, calls, database } = storeBench({ layout: "bare" });
    const folder = database(".pki/nssdb");
    const entries = [
      { nickname: "a company", flags: "CT,C,C", pem: foreign },
      { nickname: "My  proxy (2)", flags: "C,,", pem: former.pem },
    ];
    writeFileSync(join(folder, "cert9.db"), JSON.stringify(entries));
    expect((await inspect())[0]).toMatchObject({ state: "stale" });
    expect(await uninstall(former)).toMatchObject([{ ok: true }]);
    expect(calls()).toEqual([`certutil -D -d sql:${folder} -n My  proxy (2)`]);
    expect(JSON.parse(readFileSync(join(folder, "cert9.db"), "utf8"))).toEqual(entries.slice(0, 1));
  });

  it("do not count as trusting a root that is there without the flag for it", async () => {
    const { inspect, install, database } = storeBench({ layout: "bare" });
    const folder = database(".pki/nssdb");
    writeFileSync(join(folder, "cert9.db"), JSON.stringify([{ nickname: "x", flags: ",,", pem: ours.pem }]));
    expect((await inspect())[0]).toMatchObject({
      state: "absent",
      detail: "the current root is there, and not trusted",
      fix: "switchyard ca install",
    });
    expect(await install("nss")).toMatchObject([{ ok: true }]);
  });

  it("of the old format say so, and with both files there the new one counts", async () => {
    const { inspect, database, file, home } = storeBench({ layout: "bare" });
    file("home/ann/.mozilla/firefox/old/cert8.db", "");
    database(".mozilla/firefox/both");
    file("home/ann/.mozilla/firefox/both/cert8.db", "");
    const [both, old] = await inspect();
    expect(both).toMatchObject({ id: `nss:sql:${home}/.mozilla/firefox/both`, state: "absent" });
    expect(old).toMatchObject({ id: `nss:dbm:${home}/.mozilla/firefox/old`, state: "unavailable" });
  });

  it("cannot be looked into without certutil, and the package is named", async () => {
    const bench = storeBench({ layout: "debian", without: ["certutil"] });
    bench.database(".pki/nssdb");
    expect((await bench.inspect())[0]).toMatchObject({
      state: "unavailable",
      detail: "certutil of NSS is not installed",
      fix: "apt install libnss3-tools",
    });
  });

  it("that are refused a certificate are as they were", async () => {
    const { install, snapshot, database, standing } = storeBench({ layout: "bare", env: { FAKE_FAIL: "certutil" } });
    database(".pki/nssdb");
    const before = snapshot();
    const [outcome] = await install("nss");
    expect(outcome).toMatchObject({
      ok: false,
      detail: expect.stringContaining("ended with code 255; nothing was changed"),
    });
    expect(snapshot()).toEqual(before);
    expect(await standing()).toBe(0);
  });

  it("of a profile that was deleted since are forgotten", async () => {
    const { install, removals, uninstall, database, standing } = storeBench({ layout: "bare" });
    const folder = database(".mozilla/firefox/gone");
    await install("nss");
    rmSync(folder, { recursive: true });
    const plans = await removals();
    expect(plans.find(({ store }) => store.id === `nss:sql:${folder}`)).toMatchObject({ kind: "steps", commands: [] });
    expect(await uninstall()).toMatchObject([{ ok: true }]);
    expect(await standing()).toBe(0);
  });

  it.skipIf(isRoot)("that are not ours to write say so", async () => {
    const { inspect, database } = storeBench({ layout: "bare" });
    const folder = database(".pki/nssdb");
    chmodSync(folder, 0o555);
    expect((await inspect())[0]).toMatchObject({
      state: "unavailable",
      detail: expect.stringContaining("cannot be written"),
    });
    chmodSync(folder, 0o755);
  });
});

describe.runIf(mayRun("certutil"))("a real database of NSS", () => {
  const certutil = execFileSync("sh", ["-c", "command -v certutil || true"]).toString().trim();
  const bench = () => {
    const made = storeBench({
      layout: "bare",
      without: ["certutil"],
      real: { certutil },
      env: { LD_LIBRARY_PATH: process.env["LD_LIBRARY_PATH"] },
    });
    const folder = join(made.home, ".pki/nssdb");
    mkdirSync(folder, { recursive: true });
    const run = (...args: readonly string[]): string => execFileSync(certutil, [...args]).toString();
    run("-N", "-d", `sql:${folder}`, "--empty-password");
    writeFileSync(join(made.home, "company.pem"), foreign);
    run("-A", "-d", `sql:${folder}`, "-t", "C,,", "-n", "A company (1)", "-i", join(made.home, "company.pem"));
    return { ...made, folder, run, listing: () => run("-L", "-d", `sql:${folder}`) };
  };

  it("trusts our root for servers after an install, as NSS itself says, and nothing else afterwards", async () => {
    const { install, uninstall, inspect, listing, run, folder } = bench();
    const before = listing();
    expect(await install("nss")).toMatchObject([{ ok: true }]);
    expect((await inspect())[0]).toMatchObject({ state: "trusted" });
    expect(run("-V", "-d", `sql:${folder}`, "-u", "L", "-n", nickname)).toContain("valid");
    expect(await uninstall()).toMatchObject([{ ok: true }]);
    expect(listing()).toBe(before);
  });

  it("gives up our root under the nickname that somebody else gave it", async () => {
    const { install, uninstall, listing, run, folder, rootFile } = bench();
    const before = listing();
    run("-A", "-d", `sql:${folder}`, "-t", ",,", "-n", "by hand", "-i", rootFile());
    expect(await install("nss")).toMatchObject([{ ok: true }]);
    expect(listing()).toContain("by hand");
    expect(listing()).not.toContain(nickname);
    expect(await uninstall()).toMatchObject([{ ok: true }]);
    expect(listing()).toBe(before);
  });
});
