/** `ca install`, `ca uninstall`, `ca status`, `ca export`, and what `ca rotate` says of stores. */
import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { trustBench } from "./__fixtures__/trust-bench.ts";

const debian = { layout: "debian" } as const;

describe("ca install", () => {
  it("shows the commands without running any: --dry-run", async () => {
    const { type, said, scratch, short, home } = await trustBench(debian);
    scratch.database(".pki/nssdb");
    const before = scratch.snapshot();
    expect(await type("ca", "install", "--user", "--system", "--dry-run")).toBe(0);
    const name = `switchyard-ann@box-${await short()}`;
    const root = join(home, "certs/root.pem");
    expect(said().split("\n")).toEqual([
      "Chromium, Chrome, Electron",
      `  certutil -A -d sql:${scratch.home}/.pki/nssdb -t C,, -n ${name} -i ${root}`,
      "system store (Debian, Ubuntu, Alpine)",
      `  sudo install -m 0644 ${root} ${scratch.root}/usr/local/share/ca-certificates/${name}.crt`,
      "  sudo update-ca-certificates",
      "",
    ]);
    expect(scratch.snapshot()).toEqual(before);
    expect(existsSync(join(home, "install-journal.jsonl"))).toBe(false);
  });

  it("takes the stores that need no sudo unless told otherwise", async () => {
    const { type, said, scratch } = await trustBench(debian);
    scratch.database(".pki/nssdb");
    expect(await type("ca", "install", "--yes")).toBe(0);
    expect(said()).toBe("Chromium, Chrome, Electron: trusted now\n");
    expect(scratch.calls().some((call) => call.startsWith("sudo"))).toBe(false);
    expect(await type("ca", "trust", "--yes")).toBe(0);
    expect(said()).toBe("Chromium, Chrome, Electron: already trusted\n");
  });

  it("writes the system's store when asked to, shows what it runs, and keeps a private journal", async () => {
    const { type, said, err, home, short, scratch } = await trustBench(debian);
    expect(await type("trust", "--system", "--yes", "--json")).toBe(0);
    expect(JSON.parse(said())).toMatchObject({
      dryRun: false,
      stores: [
        {
          id: "system:debian",
          scope: "system",
          state: "trusted",
          commands: [{}, {}].map(() => expect.stringMatching(/^sudo /)),
        },
      ],
    });
    expect(err()).toContain("$ sudo update-ca-certificates\n");
    const journal = join(home, "install-journal.jsonl");
    expect(statSync(journal).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(journal, "utf8"))).toMatchObject({
      act: "trust",
      store: "system:debian",
      name: `switchyard-ann@box-${await short()}`,
      files: [`${scratch.root}/usr/local/share/ca-certificates/switchyard-ann@box-${await short()}.crt`],
    });
  });

  it("never asks where nobody can answer: exit code 2, and the flag is named", async () => {
    const { type, err, scratch } = await trustBench(debian);
    const before = scratch.snapshot();
    expect(await type("ca", "install", "--system")).toBe(2);
    expect(err()).toContain("next: switchyard ca install --system --yes");
    expect(scratch.snapshot()).toEqual(before);
  });

  it("asks at a terminal, and a no changes nothing", async () => {
    const no = await trustBench({ ...debian, bench: { terminal: true, stdin: "n\n" } });
    const before = no.scratch.snapshot();
    expect(await no.type("ca", "install", "--system")).toBe(1);
    expect(no.err()).toMatch(
      /sudo update-ca-certificates\nRun these 2 commands\? \(sudo may ask for your password; Switchyard does not see it\) \[y\/N\] nothing was changed/,
    );
    expect(no.scratch.snapshot()).toEqual(before);
    const yes = await trustBench({ ...debian, bench: { terminal: true, stdin: "y\n" } });
    expect(await yes.type("ca", "install", "--system")).toBe(0);
    expect(yes.said()).toBe("system store (Debian, Ubuntu, Alpine): trusted now\n");
  });

  it("ends with 5 when sudo refuses, and says that nothing was changed", async () => {
    const { type, said, scratch } = await trustBench({ ...debian, env: { FAKE_FAIL: "sudo" } });
    const before = scratch.snapshot();
    expect(await type("ca", "install", "--system", "--yes")).toBe(5);
    expect(said()).toMatch(/ended with code 1; nothing was changed/);
    expect(scratch.snapshot()).toEqual(before);
  });

  it("goes on with the other stores when one fails, and ends with 5", async () => {
    const { type, said, scratch } = await trustBench({ ...debian, env: { FAKE_FAIL: "certutil" } });
    scratch.database(".pki/nssdb");
    expect(await type("ca", "install", "--user", "--system", "--yes")).toBe(5);
    expect(said()).toMatch(/^Chromium.*nothing was changed\nsystem store .*: trusted now\n$/);
  });

  it("names what is missing, and its package: exit code 5", async () => {
    const nss = await trustBench({ ...debian, without: ["certutil"] });
    nss.scratch.database(".pki/nssdb");
    expect(await nss.type("ca", "install", "--nss", "--yes")).toBe(5);
    expect(nss.said()).toBe(
      "Chromium, Chrome, Electron: not possible: certutil of NSS is not installed\n  next: apt install libnss3-tools\n",
    );
    const nix = await trustBench({ layout: "nixos" });
    expect(await nix.type("ca", "install", "--system", "--yes")).toBe(5);
    expect(nix.said()).toContain("security.pki.certificateFiles = [ ./switchyard.pem ];");
    const java = await trustBench(debian);
    expect(await java.type("ca", "install", "--java", "--yes")).toBe(5);
    expect(java.said()).toContain("no Java with a cacerts file");
  });

  it("says what to do where there is no store without sudo", async () => {
    const { type, err } = await trustBench(debian);
    expect(await type("ca", "install", "--yes")).toBe(5);
    expect(err()).toContain("no browser of yours has made its certificate database yet");
    expect(err()).toContain("switchyard ca install --system");
  });

  it("changes nothing that it cannot write down first", async () => {
    const { type, scratch, home } = await trustBench(debian);
    mkdirSync(join(home, "install-journal.jsonl"));
    const before = scratch.snapshot();
    expect(await type("ca", "install", "--system", "--yes")).toBe(1);
    expect(scratch.calls()).toEqual([]);
    expect(scratch.snapshot()).toEqual(before);
  });

  it("needs an authority", async () => {
    const { type, err } = await trustBench({ ...debian, authority: false });
    expect(await type("ca", "install", "--yes")).toBe(5);
    expect(err()).toContain("no certificate authority has been made yet");
    expect(err()).toContain("next: switchyard start -d");
  });
});

describe("ca uninstall", () => {
  it("takes trust back everywhere, and the machine is as it was", async () => {
    const { type, said, scratch, err } = await trustBench(debian);
    scratch.database(".pki/nssdb");
    scratch.database(".mozilla/firefox/a.default");
    const before = scratch.snapshot();
    expect(await type("ca", "install", "--user", "--system", "--yes")).toBe(0);
    said();
    expect(await type("ca", "uninstall", "--dry-run")).toBe(0);
    expect(
      said()
        .split("\n")
        .filter((line) => line.startsWith("  ")),
    ).toHaveLength(4);
    expect(await type("ca", "uninstall", "--yes")).toBe(0);
    expect(said().match(/not trusted any more/g)).toHaveLength(3);
    expect(scratch.snapshot()).toEqual(before);
    expect(await type("ca", "untrust", "--yes")).toBe(0);
    expect(err()).toContain("no store holds it: nothing to do\n");
  });

  it("leaves former roots unless told otherwise, and says how", async () => {
    const { type, said, err, short, scratch } = await trustBench(debian);
    const before = scratch.snapshot();
    await type("ca", "install", "--system", "--yes");
    const old = await short();
    await type("ca", "rotate", "--json");
    await type("ca", "install", "--system", "--yes");
    said();
    expect(await type("ca", "uninstall", "--yes")).toBe(0);
    expect(err()).toContain(`also holds a former root: switchyard ca uninstall --fingerprint ${old}`);
    expect(scratch.calls().at(-1)).toBe("sudo update-ca-certificates --fresh");
    await type("ca", "install", "--system", "--yes");
    expect(await type("ca", "uninstall", "--all", "--yes", "--json")).toBe(0);
    expect(scratch.snapshot()).toEqual(before);
  });

  it("works by fingerprint when the data folder is gone, the journal with it", async () => {
    const { type, said, err, short, scratch, home } = await trustBench(debian);
    scratch.database(".pki/nssdb");
    const before = scratch.snapshot();
    await type("ca", "install", "--user", "--system", "--yes");
    const print = await short();
    rmSync(join(home, "certs"), { recursive: true });
    rmSync(join(home, "install-journal.jsonl"));
    said();
    expect(await type("ca", "uninstall", "--yes")).toBe(5);
    expect(err()).toContain(`stores hold roots of other installs: ${print}`);
    expect(err()).toContain(`next: switchyard ca uninstall --fingerprint ${print}`);
    expect(await type("ca", "uninstall", "--fingerprint", print.toUpperCase(), "--yes")).toBe(0);
    expect(scratch.snapshot()).toEqual(before);
  });

  it("takes only the stores that are named", async () => {
    const { type, said, scratch } = await trustBench(debian);
    scratch.database(".pki/nssdb");
    await type("ca", "install", "--user", "--system", "--yes");
    said();
    expect(await type("ca", "uninstall", "--nss", "--yes")).toBe(0);
    expect(said()).toBe("Chromium, Chrome, Electron: not trusted any more\n");
    expect(scratch.calls().some((call) => call.includes("--fresh"))).toBe(false);
  });

  it("does not ask where nobody can answer, and takes a no for a no", async () => {
    const { type, err } = await trustBench(debian);
    await type("ca", "install", "--system", "--yes");
    expect(await type("ca", "uninstall", "--all")).toBe(2);
    expect(err()).toContain("next: switchyard ca uninstall --all --yes");
    const no = await trustBench({ ...debian, bench: { terminal: true, stdin: "no\n" } });
    await no.type("ca", "install", "--system", "--yes");
    expect(await no.type("ca", "uninstall")).toBe(1);
    expect(no.err()).toContain("nothing was changed");
  });

  it("refuses flags that contradict each other, and what is no fingerprint: exit code 2", async () => {
    const { type, err } = await trustBench(debian);
    expect(await type("ca", "uninstall", "--all", "--fingerprint", "1a2b3c4d")).toBe(2);
    expect(err()).toContain("use one of them");
    expect(await type("ca", "uninstall", "--fingerprint", "my root")).toBe(2);
    expect(err()).toContain("is not a fingerprint");
    expect(await type("ca", "uninstall", "--fingerprint", "1a2b3c4d", "--yes")).toBe(0);
  });

  it("does not need the configuration, nor an authority that is fit for use", async () => {
    const { type, scratch, home, context } = await trustBench(debian);
    const before = scratch.snapshot();
    await type("ca", "install", "--system", "--yes");
    writeFileSync(context.paths.configFile, "rutes: []\n");
    writeFileSync(join(home, "certs/authority.pem"), "damaged");
    expect(await type("ca", "uninstall", "--all", "--yes")).toBe(0);
    expect(scratch.snapshot()).toEqual(before);
  });

  it("says so when a store cannot be changed any more: exit code 5", async () => {
    const { type, said, scratch } = await trustBench(debian);
    await type("ca", "install", "--system", "--yes");
    rmSync(join(scratch.bin, "update-ca-certificates"));
    said();
    expect(await type("ca", "uninstall", "--yes")).toBe(5);
    expect(said()).toBe(
      "system store (Debian, Ubuntu, Alpine): not possible: update-ca-certificates is not installed\n  next: apt install ca-certificates\n",
    );
  });
});

describe("ca status", () => {
  it("has a line for each store, by what is in it", async () => {
    const { type, said, short, scratch } = await trustBench({ ...debian, without: [] });
    scratch.database(".pki/nssdb");
    await type("ca", "install", "--system", "--yes");
    said();
    expect(await type("ca", "status")).toBe(0);
    expect(said().split("\n").slice(-3)).toEqual([
      "Chromium, Chrome, Electron             not trusted",
      "system store (Debian, Ubuntu, Alpine)  trusted",
      "",
    ]);
    const old = await short();
    await type("ca", "rotate", "--json");
    said();
    expect(await type("ca", "status", "--json")).toBe(0);
    const status = JSON.parse(said());
    expect(status.stores).toMatchObject([{ state: "absent" }, { id: "system:debian", state: "stale" }]);
    expect(status.leftovers).toMatchObject([
      { store: "system:debian", ours: true, fix: `switchyard ca uninstall --fingerprint ${old}` },
    ]);
  });

  it("tells of leftovers where no authority is", async () => {
    const { type, err, short, scratch, home } = await trustBench(debian);
    await type("ca", "install", "--system", "--yes");
    const print = await short();
    rmSync(home, { recursive: true });
    mkdirSync(home);
    expect(await type("ca", "status")).toBe(5);
    expect(err()).toContain(
      `a root of another install is in system store (Debian, Ubuntu, Alpine): switchyard ca uninstall --fingerprint ${print}`,
    );
    expect(scratch.calls()).toHaveLength(2);
  });

  it("says what is missing to look into a store", async () => {
    const { type, said, scratch } = await trustBench({ ...debian, without: ["certutil"] });
    scratch.database(".pki/nssdb");
    await type("ca", "status");
    expect(said()).toContain(
      "Chromium, Chrome, Electron             unavailable  (certutil of NSS is not installed)\n  apt install libnss3-tools\n",
    );
  });
});

describe("ca rotate", () => {
  it("says which stores trust the old root now, and what to type", async () => {
    const { type, said, short, scratch } = await trustBench(debian);
    scratch.database(".pki/nssdb");
    await type("ca", "install", "--user", "--system", "--yes");
    const old = await short();
    said();
    expect(await type("ca", "rotate")).toBe(0);
    expect(said().split("\n").slice(-5)).toEqual([
      "stale now: Chromium, Chrome, Electron, system store (Debian, Ubuntu, Alpine) trust a former root",
      "  trust the new one:   switchyard ca install",
      "  trust the new one:   switchyard ca install --system",
      `  forget the old one:  switchyard ca uninstall --fingerprint ${old}`,
      "",
    ]);
    await type("ca", "rotate", "--json");
    expect(JSON.parse(said()).stale).toMatchObject([{ state: "stale" }, { state: "stale" }]);
  });

  it("says nothing of stores that nobody installed into", async () => {
    const { type, said } = await trustBench(debian);
    await type("ca", "rotate");
    expect(said()).not.toContain("stale");
  });
});

describe("ca export", () => {
  it("prints the root, in PEM unless told otherwise", async () => {
    const { type, said, home } = await trustBench(debian);
    expect(await type("ca", "export")).toBe(0);
    expect(said()).toBe(readFileSync(join(home, "certs/root.pem"), "utf8"));
  });

  it("writes DER and the bundle to files that everybody may read", async () => {
    const { type, said, home } = await trustBench(debian);
    const der = join(home, "out.der");
    expect(await type("ca", "export", "--format", "der", "-o", der)).toBe(0);
    expect(said()).toBe(`${der}\n`);
    const pem = readFileSync(join(home, "certs/root.pem"), "utf8");
    expect(new X509Certificate(readFileSync(der)).fingerprint256).toBe(new X509Certificate(pem).fingerprint256);
    expect(statSync(der).mode & 0o777 & ~process.umask()).toBe(0o644 & ~process.umask());
    const bundle = join(home, "out.pem");
    expect(await type("ca", "export", "--format", "bundle", "--output", bundle)).toBe(0);
    const text = readFileSync(bundle, "utf8");
    expect(text.startsWith(pem)).toBe(true);
    expect(text.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(20);
    expect(text).not.toContain("PRIVATE");
  });

  it.skipIf(process.getuid?.() === 0)("says so where the folder is read-only", async () => {
    const { type, err, home } = await trustBench(debian);
    mkdirSync(join(home, "locked"), { mode: 0o555 });
    expect(await type("ca", "export", "-o", join(home, "locked/root.pem"))).toBe(1);
    expect(err()).toContain("why: permission denied (EACCES)");
  });

  it("refuses other formats, DER on a terminal, places that cannot be written, and a home without authority", async () => {
    const { type, err, home, context } = await trustBench(debian);
    expect(await type("ca", "export", "--format", "pkcs12")).toBe(2);
    expect(err()).toContain("pem|der|bundle");
    Object.assign(context.stdout, { isTTY: true });
    expect(await type("ca", "export", "--format", "der")).toBe(2);
    writeFileSync(join(home, "file"), "");
    expect(await type("ca", "export", "-o", join(home, "file/below.pem"))).toBe(1);
    expect(err()).toContain("something on that path is a file");
    const none = await trustBench({ ...debian, authority: false });
    expect(await none.type("ca", "export")).toBe(5);
  });
});
