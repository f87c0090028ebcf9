/** What an installation brings along, read from the lockfile: pinned by content, nothing that runs by being installed. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { run } from "./support/proxy-clients.ts";

interface Locked {
  readonly version?: string;
  readonly dev?: boolean;
  /** For another platform, or only where something else has it already: an installation does not bring it. */
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8")) as { readonly packages: Readonly<Record<string, Locked>> }; // npm's own shape
const all = Object.entries(lock.packages).filter(([path]) => path !== "");
const locked = all.filter(([, { dev }]) => dev !== true);
const shipped = locked.filter(([, { optional, devOptional }]) => optional !== true && devOptional !== true);

describe("T20: dependencies", () => {
  it("are pinned by content", () => {
    // The lockfile leaves out where a package is from where that is the registry in use.
    const loose = all.filter(
      ([, { integrity = "", resolved = "https://" }]) =>
        !integrity.startsWith("sha512-") || !resolved.startsWith("https://"),
    );
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  it("are named with one version each, where they are ours", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      readonly dependencies: Readonly<Record<string, string>>;
    }; // npm's own shape
    const named = Object.entries(manifest.dependencies);
    expect(named).toEqual(named.map(([name]) => [name, lock.packages[`node_modules/${name}`]?.version]));
  });

  it("run nothing by being installed, as far as they are shipped", () => {
    expect(locked.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path)).toEqual([]);
  });

  it("do not become more: who adds one says so here and in SECURITY.md", () => {
    expect(shipped.length).toBe(86);
    const page = readFileSync(new URL("../SECURITY.md", import.meta.url), "utf8");
    expect(page.includes(`${shipped.length} packages`), "SECURITY.md says how many").toBe(true);
  });

  it("are all in the bill of materials that SECURITY.md names, with their hashes", async () => {
    const args = ["sbom", "--package-lock-only", "--sbom-format", "cyclonedx", "--offline"];
    const told = await run("npm", args, { cwd: fileURLToPath(new URL("..", import.meta.url)), timeoutMs: 60_000 });
    const { components } = JSON.parse(told.stdout) as { readonly components: readonly Component[] }; // CycloneDX 1.5
    const named = components
      .filter(({ properties = [] }) => !properties.some(({ name }) => name === "cdx:npm:package:development"))
      .filter(({ hashes = [] }) => hashes.some(({ alg }) => alg === "SHA-512"))
      .map(({ purl }) => decodeURIComponent(purl));
    const missing = shipped
      .map(([path, { version }]) => `pkg:npm/${path.slice(path.lastIndexOf("node_modules/") + 13)}@${version}`)
      .filter((purl) => !named.includes(purl));
    expect(missing).toEqual([]);
  }, 90_000);
});

interface Component {
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string }[];
  readonly properties?: readonly { readonly name: string }[];
}
