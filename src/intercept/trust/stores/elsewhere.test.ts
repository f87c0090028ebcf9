/** macOS, Windows and Java. The first two are not at hand: what would be run there is compared as a list. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { mayRun } from "../../../../test/support/needs.ts";
import { former, ours, short, storeBench } from "./__fixtures__/store-bench.ts";
import type { Command, Looked, TrustMachine } from "./machine.ts";

/** A machine of another system: programs answer from a table, and what is run is written down. */
function pretending(
  platform: NodeJS.Platform,
  answer: (command: Command) => Looked,
): { readonly as: (machine: TrustMachine) => TrustMachine; readonly acts: string[]; readonly looks: string[] } {
  const acts: string[] = [];
  const looks: string[] = [];
  return {
    acts,
    looks,
    as: (machine) => ({
      ...machine,
      platform,
      find: (program) => program,
      look: (command) => {
        looks.push(command.join(" "));
        return Promise.resolve(answer(command));
      },
      act: (command) => {
        acts.push(command.join(" "));
        return Promise.resolve(0);
      },
      hold: (name) => `/held/${name}`,
    }),
  };
}

describe("macOS", () => {
  const keychains = (held: { login: string; system: string }, isTrusted = true) => {
    const made = pretending("darwin", (command) => {
      if (command[1] === "verify-cert") return { code: isTrusted ? 0 : 1, stdout: "" };
      if (command.at(-1)?.endsWith("login.keychain-db") === true) return { code: 0, stdout: held.login };
      return { code: 0, stdout: held.system };
    });
    const bench = storeBench({ layout: "bare", as: made.as });
    bench.file("home/ann/Library/Keychains/login.keychain-db", "");
    bench.file("Library/Keychains/System.keychain", "");
    return { ...bench, ...made };
  };

  it("asks the user's keychain first and the system's through sudo, for servers only", async () => {
    const { plans, rootFile, home, path } = keychains({ login: "", system: "" });
    const [login, system] = await plans();
    expect(login).toMatchObject({
      kind: "steps",
      store: { id: "keychain:login", scope: "user" },
      commands: [
        `security add-trusted-cert -r trustRoot -p ssl -k ${home}/Library/Keychains/login.keychain-db ${rootFile()}`,
      ],
    });
    expect(system).toMatchObject({
      kind: "steps",
      store: { id: "keychain:system", scope: "system" },
      commands: [
        `sudo security add-trusted-cert -d -r trustRoot -p ssl -k ${path("Library/Keychains/System.keychain")} ${rootFile()}`,
      ],
    });
  });

  it("looks into the keychains themselves, and asks the system whether it trusts what it finds", async () => {
    const { inspect, looks } = keychains({ login: ours.pem, system: former.pem });
    expect(await inspect()).toMatchObject([
      { id: "keychain:login", state: "trusted" },
      { id: "keychain:system", state: "stale" },
    ]);
    expect(looks).toContain(`security verify-cert -q -l -L -p ssl -c /held/switchyard-${short(ours)}.pem`);
    const untrusted = keychains({ login: ours.pem, system: "" }, false);
    expect((await untrusted.inspect())[0]).toMatchObject({ state: "absent", fix: "switchyard ca install" });
  });

  it("takes the setting back with the certificate, and the certificate by its hash", async () => {
    const { removals, home, path } = keychains({ login: ours.pem, system: ours.pem });
    const held = `/held/switchyard-${short(ours)}.pem`;
    const system = path("Library/Keychains/System.keychain");
    const [login, all] = await removals();
    expect(login?.commands).toEqual([
      `security remove-trusted-cert ${held}`,
      `security delete-certificate -Z ${ours.sha1} ${home}/Library/Keychains/login.keychain-db`,
    ]);
    expect(all?.commands).toEqual([
      `sudo security remove-trusted-cert -d ${held}`,
      `sudo security delete-certificate -Z ${ours.sha1} ${system}`,
    ]);
    const untrusted = keychains({ login: ours.pem, system: "" }, false);
    expect((await untrusted.removals())[0]?.commands).toEqual([
      `security delete-certificate -Z ${ours.sha1} ${untrusted.home}/Library/Keychains/login.keychain-db`,
    ]);
  });
});

describe("Windows", () => {
  const stores = (held: { user: string; machine: string }) => {
    const line = (pem: string): string => pem.replaceAll(/-----[A-Z ]+-----|\n/g, "");
    const made = pretending("win32", (command) => {
      const script = command.at(-1) ?? "";
      const pem = script.includes("CurrentUser") ? held.user : held.machine;
      return { code: 0, stdout: pem === "" ? "" : `${line(pem)}\r\n` };
    });
    return { ...storeBench({ layout: "bare", as: made.as }), ...made };
  };

  it("asks the user's store first and the machine's without sudo, which it does not have", async () => {
    const { plans, rootFile } = stores({ user: "", machine: "" });
    expect(await plans()).toMatchObject([
      { store: { id: "windows:user", scope: "user" }, commands: [`certutil -user -addstore Root ${rootFile()}`] },
      { store: { id: "windows:machine", scope: "system" }, commands: [`certutil -addstore Root ${rootFile()}`] },
      { kind: "blocked" },
    ]);
  });

  it("says what helps when the machine's store is refused", async () => {
    const { install } = stores({ user: "", machine: "" });
    expect(await install("windows")).toMatchObject([
      { ok: false, fix: null },
      { ok: false, fix: "open a terminal as administrator and type the same there" },
    ]);
  });

  it("reads stores in no language, and deletes by hash", async () => {
    const { inspect, removals, looks } = stores({ user: ours.pem, machine: former.pem });
    expect(await inspect()).toMatchObject([
      { id: "windows:user", state: "trusted" },
      { id: "windows:machine", state: "stale" },
    ]);
    expect(looks[0]).toContain("Get-ChildItem Cert:\\CurrentUser\\Root");
    expect(looks[0]).toContain("HKCU:\\Software\\Microsoft\\SystemCertificates\\Root\\Certificates\\");
    expect((await removals(ours, former)).map(({ commands }) => commands)).toEqual([
      [`certutil -user -delstore Root ${ours.sha1}`],
      [`certutil -delstore Root ${former.sha1}`],
      [],
    ]);
  });
});

describe("Java", () => {
  it("is asked for its whole list in English, and entries are taken out by their alias", async () => {
    const { as, looks } = pretending("linux", () => ({
      code: 0,
      stdout: `Alias name: company\nCreation date: today\n\nAlias name: mine\nEntry type: trustedCertEntry\n\n${ours.pem}\n`,
    }));
    const bench = storeBench({ layout: "bare", as, env: { JAVA_HOME: "" } });
    expect((await bench.plans()).at(-1)).toMatchObject({ kind: "blocked", detail: "no Java with a cacerts file" });
    expect(looks).toEqual([]);
    const keystore = bench.file("jdk/lib/security/cacerts", "");
    bench.machine.env["JAVA_HOME"] = bench.path("jdk");
    const [plan] = (await bench.removals()).filter(({ store }) => store.family === "java");
    expect(plan?.commands).toEqual([`keytool -delete -keystore ${keystore} -storepass changeit -alias mine`]);
    expect(looks.at(-1)).toBe(`keytool -J-Duser.language=en -list -rfc -keystore ${keystore} -storepass changeit`);
  });
});

describe.runIf(mayRun("keytool"))("a real keystore of Java", { timeout: 120_000 }, () => {
  it("trusts our root after an install and does not afterwards", async () => {
    const keytool = realpathSync(execFileSync("sh", ["-c", "command -v keytool"]).toString().trim());
    const cacerts = join(dirname(dirname(keytool)), "lib/security/cacerts");
    const bench = storeBench({ layout: "bare", real: { keytool } });
    mkdirSync(bench.path("jdk/lib/security"), { recursive: true });
    const keystore = bench.path("jdk/lib/security/cacerts");
    if (!existsSync(cacerts)) throw new Error(`no ${cacerts}`);
    copyFileSync(cacerts, keystore);
    bench.machine.env["JAVA_HOME"] = bench.path("jdk");
    const list = (): string =>
      execFileSync(keytool, ["-list", "-keystore", keystore, "-storepass", "changeit"], { stdio: "pipe" }).toString();
    const before = list();
    expect(await bench.install("java")).toMatchObject([{ ok: true }]);
    expect(list()).toContain(`switchyard-ann@box-${short(ours)}`);
    expect(await bench.uninstall()).toMatchObject([{ ok: true }]);
    expect(list()).toBe(before);
  });
});
