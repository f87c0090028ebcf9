import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { former, newRoot, ours, short, storeBench } from "./__fixtures__/store-bench.ts";

const layouts = {
  debian: {
    anchor: `usr/local/share/ca-certificates/switchyard-ann@box-${short(ours)}.crt`,
    added: "update-ca-certificates",
    removed: "update-ca-certificates --fresh",
  },
  fedora: {
    anchor: `etc/pki/ca-trust/source/anchors/switchyard-ann@box-${short(ours)}.pem`,
    added: "update-ca-trust extract",
    removed: "update-ca-trust extract",
  },
  arch: {
    anchor: `etc/ca-certificates/trust-source/anchors/switchyard-ann@box-${short(ours)}.crt`,
    added: "trust extract-compat",
    removed: "trust extract-compat",
  },
  opensuse: {
    anchor: `etc/pki/trust/anchors/switchyard-ann@box-${short(ours)}.pem`,
    added: "update-ca-certificates",
    removed: "update-ca-certificates",
  },
} as const;
const layoutNames = Object.keys(layouts) as (keyof typeof layouts)[]; // keys of a literal table

describe.each(layoutNames)("the system store of %s", (layout) => {
  const { anchor, added, removed } = layouts[layout];

  it("is told to trust our root through sudo, and afterwards is as it was, byte for byte", async () => {
    const { install, uninstall, inspect, snapshot, calls, path, rootFile, standing } = storeBench({ layout });
    const before = snapshot();
    expect(await inspect()).toMatchObject([{ scope: "system", state: "absent", detail: "", fix: null }]);
    expect(await install()).toMatchObject([{ ok: true }]);
    expect(calls()).toEqual([`sudo install -m 0644 ${rootFile()} ${path(anchor)}`, `sudo ${added}`]);
    expect(readFileSync(path(anchor), "utf8")).toBe(ours.pem);
    expect(statSync(path(anchor)).mode & 0o777).toBe(0o644);
    expect(await inspect()).toMatchObject([{ state: "trusted" }]);
    expect(await standing()).toBe(1);

    expect(await uninstall()).toMatchObject([{ ok: true }]);
    expect(calls().slice(2)).toEqual([`sudo rm -f ${path(anchor)}`, `sudo ${removed}`]);
    expect(snapshot()).toEqual(before);
    expect(await standing()).toBe(0);
    expect(await uninstall()).toEqual([]);
  });

  it("takes no sudo where we are root, and has the folder of anchors gone again that was made for it", async () => {
    const { machine, install, uninstall, snapshot, calls, path } = storeBench({ layout, isSuperuser: true });
    rmSync(path(join(anchor, "..")), { recursive: true });
    if (layout === "opensuse") rmSync(path("usr/share/pki"), { recursive: true });
    // The layout is known by its other marks; these openSUSE does not have.
    if (layout === "opensuse") mkdirSync(path("usr/share/pki/trust/anchors"), { recursive: true });
    const [program = "", ...args] = removed.split(" ");
    await machine.act([program, ...args]);
    const before = snapshot();
    expect(await install()).toMatchObject([{ ok: true }]);
    expect(calls().some((call) => call.startsWith("sudo"))).toBe(false);
    expect(await uninstall()).toMatchObject([{ ok: true }]);
    expect(snapshot()).toEqual(before);
  });

  it("leaves somebody else's file of the same name alone, and finds another", async () => {
    const { install, uninstall, snapshot, file, path } = storeBench({ layout });
    file(anchor, "somebody else's\n");
    const before = snapshot();
    expect(await install()).toMatchObject([{ ok: true }]);
    expect(readFileSync(path(anchor), "utf8")).toBe("somebody else's\n");
    expect(existsSync(path(anchor.replace(/(\.\w+)$/, "-2$1")))).toBe(true);
    await uninstall();
    const bundles = /bundle|ca-certificates\.crt$|box-\w+\.pem$/;
    const others = (all: Readonly<Record<string, string>>): unknown =>
      Object.fromEntries(Object.entries(all).filter(([name]) => !bundles.test(name) || name === anchor));
    expect(others(snapshot())).toEqual(others(before));
  });

  it("says nothing was changed when sudo refuses, and nothing was", async () => {
    const { install, snapshot, standing } = storeBench({ layout, env: { FAKE_FAIL: "sudo" } });
    const before = snapshot();
    const [outcome] = await install();
    expect(outcome).toMatchObject({ ok: false, fix: null });
    expect(outcome?.detail).toMatch(/^sudo install .* ended with code 1; nothing was changed$/);
    expect(snapshot()).toEqual(before);
    expect(await standing()).toBe(0);
  });

  it("takes back what it had done when the store cannot be made anew, or says that it is not through", async () => {
    const [program = ""] = added.split(" ");
    const { install, uninstall, snapshot, machine, standing, path } = storeBench({
      layout,
      env: { FAKE_FAIL: program },
    });
    const before = snapshot();
    const [outcome] = await install();
    // Taking back needs the same program: the file is gone at once, and the rest is for the next uninstall.
    expect(outcome).toMatchObject({ ok: false, fix: "switchyard ca uninstall" });
    expect(outcome?.detail).toContain("the next uninstall will try again");
    expect(existsSync(path(anchor))).toBe(false);
    expect(await standing()).toBe(1);
    machine.env["FAKE_FAIL"] = "";
    expect(await uninstall()).toMatchObject([{ ok: true }]);
    expect(snapshot()).toEqual(before);
    expect(await standing()).toBe(0);
  });

  it("is not trusted by a file that was copied and never taken in; then only that is missing", async () => {
    const { inspect, install, calls, file } = storeBench({ layout });
    file(anchor, ours.pem);
    expect(await inspect()).toMatchObject([
      { state: "absent", detail: "the current root is there, and not trusted", fix: "switchyard ca install --system" },
    ]);
    expect(await install()).toMatchObject([{ ok: true }]);
    expect(calls()).toEqual([`sudo ${added}`]);
  });

  it("is stale with a former root, whatever its file is called, and that one can be taken out by itself", async () => {
    const { inspect, install, uninstall, file, machine, path } = storeBench({ layout });
    const mine = file(join(anchor, "..", `my-proxy${/\.\w+$/.exec(anchor)?.[0]}`), former.pem);
    const [program = "", ...args] = added.split(" ");
    await machine.act([program, ...args]);
    expect(await inspect()).toMatchObject([
      { state: "stale", fix: `switchyard ca uninstall --fingerprint ${short(former)}` },
    ]);
    await install();
    expect(await inspect()).toMatchObject([{ state: "trusted", detail: `a former root (${short(former)}) is there` }]);
    expect(await uninstall(former)).toMatchObject([{ ok: true }]);
    expect(existsSync(mine)).toBe(false);
    expect(existsSync(path(anchor))).toBe(true);
    expect(await inspect()).toMatchObject([{ state: "trusted", detail: "", fix: null }]);
  });

  it("keeps a file that holds other certificates as well, and says what to do", async () => {
    const { removals, file, machine } = storeBench({ layout });
    const shared = file(anchor, ours.pem + `${rootCertificates[5]}\n`);
    const [program = "", ...args] = added.split(" ");
    await machine.act([program, ...args]);
    expect(await removals()).toMatchObject([
      { kind: "blocked", fix: `${shared} holds other certificates as well: take this one out of it by hand` },
      { kind: "none" },
    ]);
  });

  it("cleans up a copy that was cut off", async () => {
    const { install, uninstall, snapshot, machine, path, standing } = storeBench({ layout });
    const before = snapshot();
    const act = machine.act.bind(machine);
    // The disk is full: the copy ends in the middle, and so do we.
    Object.assign(machine, {
      act: async (argv: Parameters<typeof act>[0]) => {
        await act(argv);
        truncateSync(path(anchor), 700);
        throw new Error("killed");
      },
    });
    await expect(install()).rejects.toThrow("killed");
    Object.assign(machine, { act });
    expect(await standing()).toBe(1);
    expect(await uninstall()).toMatchObject([{ ok: true }]);
    expect(snapshot()).toEqual(before);
    expect(await standing()).toBe(0);
  });

  it("says which program is missing, and which package brings it", async () => {
    const [program = ""] = added.split(" ");
    const { inspect, plans } = storeBench({ layout, without: [program] });
    const packages = { debian: "apt install", fedora: "dnf install", arch: "pacman -S", opensuse: "zypper install" };
    const expected = { detail: `${program} is not installed`, fix: expect.stringContaining(packages[layout]) };
    expect(await inspect()).toMatchObject([{ state: "unavailable", ...expected }]);
    expect(await plans()).toMatchObject([{ kind: "blocked", ...expected }, { kind: "blocked" }]);
  });

  it("cannot be changed where nobody can give us the right to", async () => {
    const { plans } = storeBench({ layout, without: ["sudo"] });
    expect(await plans()).toMatchObject([
      {
        kind: "blocked",
        detail: expect.stringContaining("neither sudo nor doas"),
        fix: "run the same command as root",
      },
      { kind: "blocked" },
    ]);
  });
});

describe("a system store", () => {
  it("is left alone when what stands there has changed since it was shown", async () => {
    const bench = storeBench({ layout: "fedora" });
    await bench.install();
    const [plan] = await bench.removals();
    bench.file("etc/pki/ca-trust/source/anchors/second.pem", ours.pem);
    const { remove } = await import("./change.ts");
    const deps = { machine: bench.machine, journal: bench.journal, tell: () => {} };
    if (plan === undefined) throw new Error("no plan");
    expect(await remove(deps, plan, ({ fingerprint }) => fingerprint === ours.fingerprint)).toMatchObject({
      ok: false,
      detail: "it has changed since its commands were shown; nothing was done",
    });
  });

  it("knows an anchor in DER", async () => {
    const { file, machine, inspect, uninstall } = storeBench({ layout: "fedora" });
    const path = file("etc/pki/ca-trust/source/anchors/x.der", "");
    writeFileSync(path, new X509Certificate(former.pem).raw);
    file("etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", former.pem);
    expect(await inspect()).toMatchObject([{ state: "stale" }]);
    await machine.act(["rm", "-f", path]);
    // Gone from the anchors and not from the bundle: only making it anew is missing.
    expect(await uninstall(former)).toMatchObject([{ ok: true }]);
    expect(await inspect()).toMatchObject([{ state: "absent", detail: "" }]);
  });

  it("follows a link that somebody placed, and removes the link only", async () => {
    const { machine, inspect, uninstall, path, rootFile } = storeBench({ layout: "debian" });
    symlinkSync(rootFile(), path("usr/local/share/ca-certificates/by-hand.crt"));
    await machine.act(["update-ca-certificates"]);
    expect(await inspect()).toMatchObject([{ state: "trusted" }]);
    expect(await uninstall()).toMatchObject([{ ok: true }]);
    expect(readFileSync(rootFile(), "utf8")).toBe(ours.pem);
    expect(await inspect()).toMatchObject([{ state: "absent" }]);
  });

  it("tells the root of another install from ours, and never takes it for a former one", async () => {
    const other = newRoot();
    const { file, inspect, removals } = storeBench({ layout: "fedora" });
    file("etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", other.pem);
    expect(await inspect()).toMatchObject([
      {
        state: "absent",
        detail: `a root of another install (${short(other)}) is there`,
        fix: `switchyard ca uninstall --fingerprint ${short(other)}`,
      },
    ]);
    expect(await removals(ours, former)).toMatchObject([{ kind: "none" }, { kind: "none" }]);
  });

  it("of NixOS is changed in its configuration, which is said, and can still be looked into", async () => {
    const { inspect, plans, removals, file } = storeBench({ layout: "nixos" });
    expect(await inspect()).toMatchObject([{ id: "system:nixos", state: "unavailable" }]);
    const [plan] = await plans();
    expect(plan).toMatchObject({ kind: "blocked" });
    expect(plan?.fix).toContain("security.pki.certificateFiles = [ ./switchyard.pem ];");
    expect(plan?.fix).toContain("switchyard run");
    file("etc/ssl/certs/ca-certificates.crt", ours.pem);
    expect(await inspect()).toMatchObject([{ state: "trusted" }]);
    expect(await removals()).toMatchObject([
      { kind: "blocked", fix: expect.stringContaining("configuration.nix") },
      { kind: "none" },
    ]);
  });

  it("of an unknown kind is named as such", async () => {
    const { inspect } = storeBench({ layout: "bare" });
    expect(await inspect()).toMatchObject([{ id: "system:unknown", state: "unavailable" }]);
  });

  it("takes doas where there is no sudo", async () => {
    const { plans, bin } = storeBench({ layout: "debian", without: ["sudo"] });
    writeFileSync(join(bin, "doas"), "#!/bin/sh\n", { mode: 0o755 });
    expect((await plans())[0]?.commands.map((command) => command.split(" ")[0])).toEqual(["doas", "doas"]);
  });
});

const script = "/usr/sbin/update-ca-certificates";
const hasScript = existsSync(script) && readFileSync(script, "utf8").includes("--localcertsdir");
if (!hasScript) process.stderr.write("skipped: tests of Debian's own update-ca-certificates, which is not here\n");

describe.runIf(hasScript)("the real update-ca-certificates of Debian", () => {
  it("makes the store trust our root, and leaves no byte and no link of it afterwards", async () => {
    const { machine, bin, root, path, rootFile, install, uninstall, inspect, snapshot } = storeBench({
      layout: "debian",
    });
    const places = {
      certsconf: "etc/ca-certificates.conf",
      certsdir: "usr/share/ca-certificates",
      localcertsdir: "usr/local/share/ca-certificates",
      etccertsdir: "etc/ssl/certs",
      hooksdir: "etc/ca-certificates/update.d",
    };
    const options = Object.entries(places).map(([name, place]) => `--${name} "${join(root, place)}"`);
    writeFileSync(join(bin, "update-ca-certificates"), `#!/bin/sh\nexec ${script} ${options.join(" ")} "$@"\n`);
    expect(await machine.act(["update-ca-certificates", "--fresh"])).toBe(0);
    const before = snapshot();
    // Its links by hash are there: what openssl itself looks for.
    expect(Object.keys(before).some((name) => /certs\/[0-9a-f]{8}\.0$/.test(name))).toBe(true);
    expect(await install()).toMatchObject([{ ok: true }]);
    expect(await inspect()).toMatchObject([{ state: "trusted" }]);
    const check = ["verify", "-CApath", path("etc/ssl/certs"), rootFile()];
    expect(execFileSync("openssl", check).toString()).toContain(": OK");
    expect(await uninstall()).toMatchObject([{ ok: true }]);
    expect(snapshot()).toEqual(before);
  });
});
